package recreate

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// ComputeEndpoint is where the Compute Engine API is.
const ComputeEndpoint = "https://compute.googleapis.com/compute/v1"

// GCEOptions say how the Compute Engine API is asked. The zero value asks Google's
// with Application Default Credentials.
type GCEOptions struct {
	// Endpoint is a base URL with /compute/v1; empty is ComputeEndpoint.
	Endpoint string
	// Anonymous sends no credentials and looks for none: for a stand-in of the API.
	Anonymous bool
	// AssumeRepair says that something makes deleted VMs anew even where the API does
	// not show which group: a VM in none is deleted, too.
	AssumeRepair bool
	UserAgent    string
	// RetryFor is how long one call is tried while the API is not reachable or busy;
	// 0 is 2 minutes.
	RetryFor time.Duration
}

// NewGCE makes a Recreator that asks the Compute Engine API. Credentials are first
// looked for when the first request is sent. The error is about Endpoint.
func NewGCE(opts GCEOptions) (*Google, error) {
	if opts.Endpoint == "" {
		opts.Endpoint = ComputeEndpoint
	}
	at, err := url.Parse(opts.Endpoint)
	switch {
	case err != nil || at.Host == "" || (at.Scheme != "https" && at.Scheme != "http") || at.RawQuery != "":
		return nil, fmt.Errorf("the Compute Engine endpoint %s is no base URL like %s", quoted(opts.Endpoint), ComputeEndpoint)
	case at.User != nil:
		return nil, fmt.Errorf("the Compute Engine endpoint at %s must hold no user name or password: credentials are found by themselves", at.Host)
	case at.Scheme == "http" && !opts.Anonymous:
		return nil, fmt.Errorf("the Compute Engine endpoint %s would get an access token without TLS: use https", quoted(opts.Endpoint))
	}
	if opts.RetryFor == 0 {
		opts.RetryFor = 2 * time.Minute
	}
	client := &rest{endpoint: strings.TrimRight(opts.Endpoint, "/"), userAgent: opts.UserAgent, client: newClient(),
		retry: retry{total: opts.RetryFor, first: time.Second}}
	if !opts.Anonymous {
		client.credentials = &credentials{}
	}
	return &Google{name: "the Compute Engine API", api: client, assumeRepair: opts.AssumeRepair, parallel: 8}, nil
}
