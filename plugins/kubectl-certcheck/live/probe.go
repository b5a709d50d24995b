package live

import (
	"context"
	"crypto/tls"
	"strings"
	"sync"
)

// Result is what is known of an endpoint.
type Result struct {
	Endpoint string
	// Failure is why the endpoint could not be reached at all; then nothing else
	// was tried.
	Failure *Failure `json:",omitempty"`
	// Hosts are the handshakes for the endpoint's hosts, in their order.
	Hosts []Handshake `json:",omitempty"`
	// NoSNI is the handshake without a name: the certificate that is served by
	// default. UnknownSNI is the one for UnknownName. Both are nil after a Failure.
	NoSNI      *Handshake `json:",omitempty"`
	UnknownSNI *Handshake `json:",omitempty"`
	// Versions says which versions of TLS are accepted: TLS 1.0 to 1.3 for each
	// different leaf that is served for a host, or by default if there is none,
	// since servers may be set up by name.
	Versions []VersionSupport `json:",omitempty"`
}

// Probe makes the handshakes that tell what each endpoint serves. Results are in
// the order of the endpoints. After the end of ctx the rest is Canceled, and no
// connection is left behind.
//
// A host takes one handshake, each different leaf three more, an endpoint two
// more. One that cannot be reached is tried once.
func Probe(ctx context.Context, endpoints []Endpoint, o Options) []Result {
	p := newProber(o)
	results := make([]Result, len(endpoints))
	var wg sync.WaitGroup
	for i, e := range endpoints {
		wg.Go(func() { results[i] = p.probe(ctx, e) })
	}
	wg.Wait()
	return results
}

func (p *prober) probe(ctx context.Context, e Endpoint) Result {
	r := Result{Endpoint: e.Name}
	// The first one goes ahead: what keeps it from connecting keeps the others, too.
	first := p.ask(ctx, e, "")
	if first.Failure != nil && (first.Failure.Kind.Unreached() || first.Failure.Kind == Canceled) {
		r.Failure = first.Failure
		return r
	}
	r.NoSNI, r.UnknownSNI = &first, &Handshake{}
	r.Hosts = make([]Handshake, len(e.Hosts))
	var wg sync.WaitGroup
	for i, host := range e.Hosts {
		wg.Go(func() { r.Hosts[i] = p.ask(ctx, e, host) })
	}
	wg.Go(func() { *r.UnknownSNI = p.ask(ctx, e, UnknownName) })
	wg.Wait()
	r.UnknownSNI.Host = ""
	r.Versions = p.versions(ctx, e.Dial, &r)
	return r
}

// ask makes the ordinary handshake for a host; an empty one is none.
func (p *prober) ask(ctx context.Context, e Endpoint, host string) Handshake {
	if reason := unaskable(host); reason != "" {
		return Handshake{Host: host, Failure: &Failure{Kind: NotAsked, Detail: reason}}
	}
	h := p.handshake(ctx, e.Dial, attempt{serverName: ServerName(host), min: tls.VersionTLS10, max: tls.VersionTLS13})
	h.Host = host
	return h
}

func unaskable(host string) string {
	const special = " \t\r\n/:@\\"
	switch {
	case ServerName(host) == "": // an address, or none
	case strings.ContainsFunc(host, func(r rune) bool { return r >= 0x80 }):
		return "the host is not ASCII: give it in its ASCII form (xn--…)"
	case strings.ContainsAny(host, special) || strings.Contains(ServerName(host), "*"):
		return "the host is not a host name"
	}
	return ""
}
