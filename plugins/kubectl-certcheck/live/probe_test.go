package live

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// served is a handshake in one line: the common names as served.
func leafName(h *served.Handshake) string {
	if h.Chain == nil {
		return h.Failure.Error()
	}
	var names []string
	for _, c := range h.Chain.Certificates {
		names = append(names, c.Subject.CommonName)
	}
	order := ""
	if !h.Chain.Ordered {
		order = ", not ordered"
	}
	return strings.Join(names, " ") + order
}

func TestChainsByName(t *testing.T) {
	t.Parallel()
	root := mint(t, nil, "root")
	between := mint(t, root, "between")
	leaf := func(name string) *issued { return mint(t, between, "leaf of "+name, name) }
	whole, short, turned, below, other := leaf("whole.example"), leaf("short.example"), leaf("turned.example"), leaf("*.below.example"), leaf("other.example")
	r := probeOne(t, tlsServer(t, bySNI(map[string]*tls.Certificate{
		"whole.example":           serve(whole, whole, between),
		"short.example":           serve(short, short),
		"turned.example":          serve(turned, turned, root, between),
		"certcheck.below.example": serve(below, below, between),
		"":                        serve(other, other, between),
	})), "whole.example", "Short.example.", "turned.example", "*.below.example", "127.0.0.1", "*", "bücher.example", "https://whole.example")
	if r.Endpoint != "it" || r.Failure != nil {
		t.Fatalf("%+v", r)
	}
	for i, want := range []struct{ host, sni, served string }{
		{"whole.example", "whole.example", "leaf of whole.example between"},
		{"Short.example.", "short.example", "leaf of short.example"},
		{"turned.example", "turned.example", "leaf of turned.example root between, not ordered"},
		{"*.below.example", "certcheck.below.example", "leaf of *.below.example between"},
		{"127.0.0.1", "", "leaf of other.example between"},
		{"*", "certcheck.invalid", "leaf of other.example between"},
		{"bücher.example", "", "not asked: the host is not ASCII: give it in its ASCII form (xn--…)"},
		{"https://whole.example", "", "not asked: the host is not a host name"},
	} {
		h := &r.Hosts[i]
		if h.Host != want.host || h.ServerName != want.sni || leafName(h) != want.served {
			t.Errorf("got %q, asked for as %q: %s; want %q", h.Host, h.ServerName, leafName(h), want)
		}
	}
	if got := leafName(r.NoSNI); got != "leaf of other.example between" || r.NoSNI.ServerName != "" {
		t.Errorf("without a name: %s", got)
	}
	if got := leafName(r.UnknownSNI); got != "leaf of other.example between" || r.UnknownSNI.ServerName != served.UnknownName {
		t.Errorf("with an unknown name: %s", got)
	}
	h := r.Hosts[0]
	if h.Failure != nil || h.Version != "TLS 1.3" || !strings.HasPrefix(h.Suite, "TLS_") || h.Took <= 0 || h.ClientAuth != served.NoClientAuth {
		t.Errorf("%+v", h)
	}
	if got := h.Leaf(); got == nil || got.SHA256 != material.CertificateOf(whole.cert).SHA256 {
		t.Errorf("the leaf is %+v", got)
	}
	if got := probeALPN(t, serve(whole, whole), "http/1.1"); got != "http/1.1" {
		t.Errorf("of h2 and http/1.1 a server chose %q", got)
	}
	if got := probeALPN(t, serve(whole, whole), "mqtt"); got != "" {
		t.Errorf("a server of mqtt chose %q", got)
	}
}

// probeALPN returns which protocol a server of only that one chooses.
func probeALPN(t *testing.T, certificate *tls.Certificate, protocol string) string {
	t.Helper()
	h := probeOne(t, tlsServer(t, &tls.Config{Certificates: []tls.Certificate{*certificate}, NextProtos: []string{protocol}})).NoSNI
	if h.Failure != nil {
		t.Error(h.Failure)
	}
	return h.ALPN
}

// A name that the server does not know is refused; the others are served.
func TestUnknownNameIsRefused(t *testing.T) {
	t.Parallel()
	leaf := mint(t, nil, "leaf", "a.example")
	r := probeOne(t, tlsServer(t, bySNI(map[string]*tls.Certificate{"a.example": serve(leaf, leaf)})), "a.example", "b.example")
	if got := leafName(&r.Hosts[0]); got != "leaf" {
		t.Errorf("a.example: %s", got)
	}
	for _, h := range []*served.Handshake{&r.Hosts[1], r.NoSNI, r.UnknownSNI} {
		if h.Failure == nil || h.Failure.Kind != served.Alert || h.Failure.Alert != "unrecognized_name" || h.Chain != nil {
			t.Errorf("%q: %+v", h.ServerName, h.Failure)
		}
	}
}

// The results come in the order of the endpoints, of which some do not answer.
func TestManyEndpoints(t *testing.T) {
	t.Parallel()
	var endpoints []Endpoint
	for i := range 20 {
		leaf := mint(t, nil, fmt.Sprint(i), "a.example")
		dial := tlsServer(t, &tls.Config{Certificates: []tls.Certificate{*serve(leaf, leaf)}})
		if i == 7 {
			dial = closedPort(t)
		}
		endpoints = append(endpoints, Endpoint{Name: fmt.Sprint("pod ", i), Dial: dial, Hosts: []string{"a.example", "b.example"}})
	}
	var now, most atomic.Int64
	for i, e := range endpoints {
		endpoints[i].Dial = func(ctx context.Context) (net.Conn, error) {
			conn, err := e.Dial(ctx)
			if err != nil {
				return nil, err
			}
			n := now.Add(1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			return &watchedConn{Conn: conn, closed: sync.OnceFunc(func() { now.Add(-1) })}, nil
		}
	}
	for i, r := range Probe(t.Context(), endpoints, Options{Parallel: 3, Timeout: 10 * time.Second}) {
		if r.Endpoint != endpoints[i].Name {
			t.Errorf("result %d is of %s", i, r.Endpoint)
		}
		if i == 7 {
			if r.Failure == nil || r.Failure.Kind != served.Refused || r.Hosts != nil || r.NoSNI != nil {
				t.Errorf("where nothing listens: %+v", r)
			}
			continue
		}
		if r.Failure != nil || leafName(&r.Hosts[0]) != fmt.Sprint(i) || leafName(&r.Hosts[1]) != fmt.Sprint(i) {
			t.Errorf("%s: %+v", r.Endpoint, r)
		}
	}
	if now.Load() != 0 || most.Load() != 3 {
		t.Errorf("%d connections are left, at most there were %d", now.Load(), most.Load())
	}
}

type watchedConn struct {
	net.Conn
	closed func()
}

func (c *watchedConn) Close() error {
	c.closed()
	return c.Conn.Close()
}

// The end of the context ends everything at once and leaves nothing behind.
func TestCancel(t *testing.T) {
	silent := listen(t, func(conn net.Conn) { conn.Read(make([]byte, 1<<20)); conn.Read(make([]byte, 1)) })
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	start := time.Now()
	var endpoints []Endpoint
	for range 30 { // more than there are at a time
		endpoints = append(endpoints, Endpoint{Dial: silent, Hosts: []string{"a.example"}})
	}
	for _, r := range Probe(ctx, endpoints, Options{Timeout: time.Minute}) {
		if r.Failure == nil || r.Failure.Kind != served.Canceled {
			t.Errorf("%+v", r)
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// What cannot be parsed is said; a chain that nobody trusts is a chain.
func TestBadCertificate(t *testing.T) {
	t.Parallel()
	leaf := mint(t, nil, "leaf", "a.example")
	broken := &tls.Certificate{PrivateKey: leaf.key, Leaf: leaf.cert, Certificate: [][]byte{leaf.cert.Raw, []byte("no certificate")}}
	h := probeOne(t, tlsServer(t, &tls.Config{Certificates: []tls.Certificate{*broken}})).NoSNI
	if h.Failure == nil || h.Failure.Kind != served.BadCertificate || !strings.Contains(h.Failure.Detail, "x509: ") {
		t.Errorf("%+v", h.Failure)
	}
	expired := *leaf.cert
	expired.NotAfter = time.Now().Add(-time.Minute)
	der, err := x509.CreateCertificate(nil, &expired, &expired, leaf.key.Public(), leaf.key)
	if err != nil {
		t.Fatal(err)
	}
	h = probeOne(t, tlsServer(t, &tls.Config{Certificates: []tls.Certificate{{PrivateKey: leaf.key, Certificate: [][]byte{der}}}})).NoSNI
	if h.Failure != nil || h.Leaf().State(time.Now()) != material.Expired {
		t.Errorf("expired: %+v", h)
	}
}
