package live

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"
)

// Dialer makes a new connection to an endpoint. The connection may end with ctx.
type Dialer func(ctx context.Context) (net.Conn, error)

// Endpoint is one thing that serves TLS: a pod's port, a load balancer.
type Endpoint struct {
	Name string // as the caller calls it; it comes back in Result
	Dial Dialer
	// Hosts are the names to ask for: host names, addresses, wildcards (see served.ServerName).
	Hosts []string
}

// TCP connects to an address, "HOST:PORT". Of the addresses of a host the first
// that answers counts.
func TCP(address string) (Dialer, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%q is not HOST:PORT: %w", address, err)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || host == "" {
		return nil, fmt.Errorf("%q is not HOST:PORT, with a port from 1 to 65535", address)
	}
	return func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}, nil
}

// Options bound the work. The zero value is good.
type Options struct {
	// Timeout is for one handshake, connecting included; 0 is 5 seconds.
	Timeout time.Duration
	// Parallel is how many connections there are at a time; 0 is 8.
	Parallel int
}

const (
	defaultTimeout  = 5 * time.Second
	defaultParallel = 8
)
