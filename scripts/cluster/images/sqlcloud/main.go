// Command sqlcloud stands in for Google's side of the Cloud SQL Proxy: the Admin API that tells the proxy where an instance is and signs its client
// certificate, the endpoint where service accounts get their tokens, and the server-side proxy in front of each database, which wants that certificate
// and passes on what it hears as it is.
//
//	sqlcloud -api :8080 -instance shop:europe-west1:orders,version=POSTGRES_15,ip=10.214.0.9,listen=:3307,database=10.214.0.7:5432
//
// Both ends may be processes of their own, as both have their keys from -seed. Instances of some names fail in the way of their name: see faults.go.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	log.SetOutput(os.Stdout)
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sqlcloud:", err)
		os.Exit(1)
	}
}

// run serves until something fails.
func run(args []string) error {
	fs := flag.NewFlagSet("sqlcloud", flag.ExitOnError)
	address := fs.String("api", "", "where the Admin API listens, with /token for service accounts; empty is nowhere")
	seed := fs.String("seed", "", "what the keys are made from; the same text gives the same keys")
	var known instances
	fs.Var(&known, "instance", "`P:R:I,version=V,ip=IP,listen=ADDR,database=ADDR`, repeatable; ip= is what the API says, private-ip= too;\n"+
		"the server-side proxy listens on listen=, for which clients use port 3307 of that IP, and passes on to database=")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *seed == "" || len(known) == 0 {
		return errors.New("-seed and at least one -instance are needed")
	}
	keys := newAuthorities(*seed)
	failed := make(chan error)
	for _, one := range known {
		if one.listen == "" {
			continue
		}
		listener, err := net.Listen("tcp", one.listen)
		if err != nil {
			return err
		}
		log.Printf("server-side proxy of %s on %s, for %s", one.connectionName(), listener.Addr(), one.database)
		go func() { failed <- serveInstance(listener, one, keys) }()
	}
	if *address != "" {
		listener, err := net.Listen("tcp", *address)
		if err != nil {
			return err
		}
		log.Printf("Admin API on %s", listener.Addr())
		server := &http.Server{Handler: logged(newAPI(known, keys)), ReadHeaderTimeout: 10 * time.Second}
		go func() { failed <- server.Serve(listener) }()
	}
	return <-failed
}

// logged writes down what the API is asked and what it answers. Tokens are not written.
func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &recorder{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(answer, r)
		log.Printf("%s %s: %d, for %s", r.Method, r.URL.EscapedPath(), answer.code, r.UserAgent())
	})
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	code int
}

func (r *recorder) WriteHeader(code int) {
	r.code = code
	r.ResponseWriter.WriteHeader(code)
}
