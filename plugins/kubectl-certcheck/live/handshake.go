package live

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// Handshake is what came of one handshake.
type Handshake struct {
	// Host is that of the endpoint, as given; empty where none was asked for.
	// ServerName is what was sent for it (SNI); empty is: none.
	Host       string `json:",omitempty"`
	ServerName string `json:",omitempty"`
	// Failure is nil if the handshake was done. With a failure there may be a chain
	// all the same: the server's part comes before the client's.
	Failure *Failure `json:",omitempty"`
	// Chain is what was served, in that order; nil: nothing was.
	Chain *material.Chain `json:",omitempty"`
	// Version is that of TLS ("TLS 1.3"), Suite the cipher suite by the name of IANA,
	// ALPN the protocol that the server chose of h2 and http/1.1.
	Version string `json:",omitempty"`
	Suite   string `json:",omitempty"`
	ALPN    string `json:",omitempty"`
	// ClientAuth says whether the server wants a certificate of the client, and
	// ClientCAs the names of the CAs that it should be from, as far as it told.
	ClientAuth ClientAuth    `json:",omitempty"`
	ClientCAs  []string      `json:",omitempty"`
	Took       time.Duration // connecting included
}

// Leaf is the server's own certificate; nil if none was served.
func (h *Handshake) Leaf() *material.Certificate {
	if h.Chain == nil || h.Chain.Leaf < 0 {
		return nil
	}
	return h.Chain.Certificates[h.Chain.Leaf]
}

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

func (p *prober) handshake(ctx context.Context, dial Dialer, a attempt) Handshake {
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	if err := ctx.Err(); err != nil {
		return Handshake{ServerName: a.serverName, Failure: failureOf(ctx, err)}
	}
	h := p.once(ctx, dial, a)
	if h.Failure != nil && h.Failure.Alert == "no_application_protocol" {
		a.plainALPN = true // it speaks neither h2 nor http/1.1, but TLS all the same
		h = p.once(ctx, dial, a)
	}
	return h
}

func (p *prober) once(parent context.Context, dial Dialer, a attempt) (h Handshake) {
	ctx, cancel := context.WithTimeout(parent, p.timeout)
	defer cancel()
	start := time.Now()
	defer func() { h.Took = time.Since(start) }()
	h.ServerName = a.serverName
	conn, err := dial(ctx)
	if err != nil {
		h.Failure = failureOf(parent, err)
		if h.Failure.Kind == Timeout {
			h.Failure.Kind = ConnectTimeout
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
		err = h.insist(ctx, client)
	} else if err != nil && seen.asked && h.Chain != nil {
		if _, ok := alertNumber(err); ok {
			h.ClientAuth = ClientAuthRequired
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
