// Command sqlload is an application without a pool: at an exact rate it opens a connection to a PostgreSQL, asks one question, and closes it. For each
// one it prints when it began (Unix time in seconds), how many seconds it took, and what went wrong, if anything did. The user needs no password.
//
//	sqlload -to 10.214.0.9:5432 -user probe -database shop -rate 8
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "sqlload:", err)
		os.Exit(1)
	}
}

func run() error {
	to := flag.String("to", "", "`HOST:PORT` of the PostgreSQL")
	user := flag.String("user", "probe", "who asks")
	database := flag.String("database", "postgres", "the database that is asked")
	rate := flag.Float64("rate", 5, "connections per second; a slow one does not hold up the next")
	timeout := flag.Duration("timeout", 20*time.Second, "how long a connection may take in all")
	flag.Parse()
	if *to == "" || *rate <= 0 {
		return fmt.Errorf("-to and a -rate above 0 are needed")
	}
	var one sync.Mutex // a line at a time
	for range time.Tick(time.Duration(float64(time.Second) / *rate)) {
		go func() {
			began := time.Now()
			err := ask(*to, *user, *database, *timeout)
			text := ""
			if err != nil {
				text = " " + strings.Join(strings.Fields(err.Error()), " ")
			}
			one.Lock()
			defer one.Unlock()
			fmt.Printf("%.3f %.3f%s\n", float64(began.UnixMilli())/1000, time.Since(began).Seconds(), text)
		}()
	}
	return nil
}
