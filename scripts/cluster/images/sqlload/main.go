// Command sqlload is an application without a pool: each of its workers opens a connection to a PostgreSQL, asks one question, closes it, and begins
// anew after a pause. For each connection it prints when it began (Unix time in seconds), how many seconds it took, and what went wrong, if anything
// did. The user needs no password. A machine that is slow gets fewer connections, and never more at once than there are workers.
//
//	sqlload -to 10.214.0.9:5432 -user probe -database shop -workers 4
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
	workers := flag.Int("workers", 4, "connections at once")
	pause := flag.Duration("pause", 300*time.Millisecond, "what a worker waits between two connections")
	timeout := flag.Duration("timeout", 20*time.Second, "how long a connection may take in all")
	flag.Parse()
	if *to == "" || *workers < 1 {
		return fmt.Errorf("-to and at least one of -workers are needed")
	}
	var line sync.Mutex // one at a time
	var working sync.WaitGroup
	for range *workers {
		working.Go(func() {
			for {
				began := time.Now()
				err := ask(*to, *user, *database, *timeout)
				text := ""
				if err != nil {
					text = " " + strings.Join(strings.Fields(err.Error()), " ")
				}
				line.Lock()
				fmt.Printf("%.3f %.3f%s\n", float64(began.UnixMilli())/1000, time.Since(began).Seconds(), text)
				line.Unlock()
				time.Sleep(*pause)
			}
		})
	}
	working.Wait() // for ever
	return nil
}
