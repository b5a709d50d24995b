// Command acme issues real certificates on a cluster without the internet: cert-manager's
// own controllers, Pebble as the ACME server, and a stand-in of Route 53 with the DNS
// server that answers for its zones. What AWS may deny is switched over HTTP.
//
// It is for tests of what cert-manager writes into its objects when things go wrong.
// Everything listens on 127.0.0.1.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
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
	Control   string `json:"control"`   // URL to switch faults
	DNS       string `json:"dns"`       // HOST:PORT
}

func run(ctx context.Context, kubeconfig string) error {
	world := newWorld()
	dns, err := serveDNS(ctx, world)
	if err != nil {
		return err
	}
	route53, err := serveHTTP(ctx, &route53{world: world})
	if err != nil {
		return err
	}
	control, err := serveHTTP(ctx, control(world))
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
	if err := startControllers(ctx, kubeconfig, dns); err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(addresses{directory, control, dns}); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
