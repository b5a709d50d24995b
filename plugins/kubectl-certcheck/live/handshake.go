package live

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// attempt is what a handshake offers.
type attempt struct {
	serverName string
	min, max   uint16
	plainALPN  bool // offer no protocols
}

// prober makes handshakes, a bounded number at a time.
type prober struct {
	timeout time.Duration
	slots   chan struct{}
}

func newProber(o Options) *prober {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Parallel <= 0 {
		o.Parallel = defaultParallel
	}
	return &prober{timeout: o.Timeout, slots: make(chan struct{}, o.Parallel)}
}

func (p *prober) handshake(ctx context.Context, dial Dialer, a attempt) served.Handshake {
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	if err := ctx.Err(); err != nil {
		return served.Handshake{ServerName: a.serverName, Failure: failureOf(ctx, err)}
	}
	h := p.once(ctx, dial, a)
	if h.Failure != nil && h.Failure.Alert == "no_application_protocol" {
		a.plainALPN = true // it speaks neither h2 nor http/1.1, but TLS all the same
		h = p.once(ctx, dial, a)
	}
	return h
}

func (p *prober) once(parent context.Context, dial Dialer, a attempt) (h served.Handshake) {
	ctx, cancel := context.WithTimeout(parent, p.timeout)
	defer cancel()
	start := time.Now()
	defer func() { h.Took = time.Since(start) }()
	h.ServerName = a.serverName
	conn, err := dial(ctx)
	if err != nil {
		h.Failure = failureOf(parent, err)
		if h.Failure.Kind == served.Timeout {
			h.Failure.Kind = served.ConnectTimeout
		}
		return h
	}
	counted := &countedConn{Conn: conn}
	var seen witness
	client := tls.Client(counted, a.config(&seen))
	defer client.Close() //nolint:errcheck // nothing was sent that could be lost
	err = client.HandshakeContext(ctx)
	seen.tell(&h)
	if err == nil && seen.asked {
		err = insist(ctx, client, &h)
	} else if err != nil && seen.asked && h.Chain != nil {
		if _, ok := alertNumber(err); ok {
			h.ClientAuth = served.ClientAuthRequired
		}
	}
	if err != nil {
		h.Failure = failureOf(parent, err)
		h.Failure.Received = counted.received.Load()
	}
	return h
}

// config verifies nothing and takes what servers of old have, too: the question
// is what is served, not whether it is good.
func (a attempt) config(seen *witness) *tls.Config {
	config := &tls.Config{
		ServerName:           a.serverName,
		InsecureSkipVerify:   true,
		MinVersion:           a.min,
		MaxVersion:           a.max,
		VerifyConnection:     seen.served,
		GetClientCertificate: seen.wanted,
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		config.CipherSuites = append(config.CipherSuites, suite.ID)
	}
	if !a.plainALPN {
		config.NextProtos = []string{"h2", "http/1.1"}
	}
	return config
}

// countedConn counts what is received.
type countedConn struct {
	net.Conn
	received atomic.Int64
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.received.Add(int64(n))
	return n, err
}
