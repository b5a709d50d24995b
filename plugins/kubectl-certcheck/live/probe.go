package live

import (
	"context"
	"crypto/tls"
	"strings"
	"sync"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// Probe makes the handshakes that tell what each endpoint serves. Results are in
// the order of the endpoints. After the end of ctx the rest is Canceled, and no
// connection is left behind.
//
// A host takes one handshake, each different leaf three more, an endpoint two
// more. One that cannot be reached is tried once.
func Probe(ctx context.Context, endpoints []Endpoint, o Options) []served.Result {
	p := newProber(o)
	results := make([]served.Result, len(endpoints))
	var wg sync.WaitGroup
	for i, e := range endpoints {
		wg.Go(func() { results[i] = p.probe(ctx, e) })
	}
	wg.Wait()
	return results
}

func (p *prober) probe(ctx context.Context, e Endpoint) served.Result {
	r := served.Result{Endpoint: e.Name}
	// The first one goes ahead: what keeps it from connecting keeps the others, too.
	first := p.ask(ctx, e, "")
	if first.Failure != nil && (first.Failure.Kind.Unreached() || first.Failure.Kind == served.Canceled) {
		r.Failure = first.Failure
		return r
	}
	r.NoSNI, r.UnknownSNI = &first, &served.Handshake{}
	r.Hosts = make([]served.Handshake, len(e.Hosts))
	var wg sync.WaitGroup
	for i, host := range e.Hosts {
		wg.Go(func() { r.Hosts[i] = p.ask(ctx, e, host) })
	}
	wg.Go(func() { *r.UnknownSNI = p.ask(ctx, e, served.UnknownName) })
	wg.Wait()
	r.UnknownSNI.Host = ""
	r.Versions = p.versions(ctx, e.Dial, &r)
	return r
}

// ask makes the ordinary handshake for a host; an empty one is none.
func (p *prober) ask(ctx context.Context, e Endpoint, host string) served.Handshake {
	if reason := unaskable(host); reason != "" {
		return served.Handshake{Host: host, Failure: &served.Failure{Kind: served.NotAsked, Detail: reason}}
	}
	h := p.handshake(ctx, e.Dial, attempt{serverName: served.ServerName(host), min: tls.VersionTLS10, max: tls.VersionTLS13})
	h.Host = host
	return h
}

func unaskable(host string) string {
	const special = " \t\r\n/:@\\"
	switch {
	case served.ServerName(host) == "": // an address, or none
	case strings.ContainsFunc(host, func(r rune) bool { return r >= 0x80 }):
		return "the host is not ASCII: give it in its ASCII form (xn--…)"
	case strings.ContainsAny(host, special) || strings.Contains(served.ServerName(host), "*"):
		return "the host is not a host name"
	}
	return ""
}
