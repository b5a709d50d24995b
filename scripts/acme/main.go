// Command acme issues real certificates on a cluster without the internet: cert-manager's
// own controllers, Pebble as the ACME server, and a stand-in of Route 53 with the DNS
// server that answers for its zones. All is switched over HTTP: see the README.
//
// It is for tests of what cert-manager writes into its objects when things go wrong.
// Everything listens on 127.0.0.1.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/kubechores/kubechores/scripts/acme/standin"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "the cluster's kubeconfig `file`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *kubeconfig); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

// addresses are printed as JSON on one line as soon as all is up.
type addresses struct {
	Directory string `json:"directory"` // URL of the ACME directory
	Control   string `json:"control"`   // URL: see control
	DNS       string `json:"dns"`       // HOST:PORT
}

func run(ctx context.Context, kubeconfig string) error {
	world := standin.NewWorld()
	dns, err := world.StartDNS(ctx)
	if err != nil {
		return err
	}
	route53, err := serveHTTP(ctx, http.HandlerFunc(world.ServeRoute53))
	if err != nil {
		return err
	}
	directory, err := servePebble(ctx, dns)
	if err != nil {
		return err
	}
	// The SDK of AWS asks these for where Route 53 is; nothing else may be asked.
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_ROUTE_53": route53, "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	control, err := serveHTTP(ctx, control(ctx, world, controllers{kubeconfig, dns}))
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(addresses{directory, control, dns}); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// control is the stand-in's, and starts controllers:
//
//	POST /namespace?name=shop   let them work on that namespace, until the program ends
func control(ctx context.Context, world *standin.World, all controllers) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", world.Control())
	mux.HandleFunc("POST /namespace", func(to http.ResponseWriter, r *http.Request) {
		if err := all.start(ctx, r.FormValue("name")); err != nil {
			http.Error(to, err.Error(), http.StatusInternalServerError)
		}
	})
	return mux
}
