package live

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// support is what is accepted, in one line: "1.2 yes, 1.3 no".
func support(all []served.VersionSupport) string {
	var out []string
	for _, v := range all {
		answer := string(v.Accepted)
		if v.Accepted == material.Unknown {
			answer = "unknown"
		}
		out = append(out, strings.TrimPrefix(v.Version, "TLS ")+" "+answer)
	}
	return strings.Join(out, ", ")
}

// oldSuites are what servers of long ago had; crypto/tls no longer has them by default.
var oldSuites = []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}

func TestVersions(t *testing.T) {
	t.Parallel()
	leaf, rsaLeaf := mint(t, nil, "leaf", "a.example"), mintRSA(t, "leaf", "a.example")
	for name, c := range map[string]struct {
		min, max uint16
		suites   []uint16
		leaf     *issued
		first    string
		want     string
	}{
		"1.0 only":        {tls.VersionTLS10, tls.VersionTLS10, nil, leaf, "TLS 1.0", "1.0 yes, 1.1 no, 1.2 no, 1.3 no"},
		"1.0 only of old": {tls.VersionTLS10, tls.VersionTLS10, oldSuites, rsaLeaf, "TLS 1.0", "1.0 yes, 1.1 no, 1.2 no, 1.3 no"},
		"all":             {tls.VersionTLS10, tls.VersionTLS13, nil, leaf, "TLS 1.3", "1.0 yes, 1.1 yes, 1.2 yes, 1.3 yes"},
		"1.1 and 1.2":     {tls.VersionTLS11, tls.VersionTLS12, oldSuites, rsaLeaf, "TLS 1.2", "1.0 no, 1.1 yes, 1.2 yes, 1.3 no"},
		"1.2 and 1.3":     {tls.VersionTLS12, tls.VersionTLS13, nil, leaf, "TLS 1.3", "1.0 no, 1.1 no, 1.2 yes, 1.3 yes"},
		"1.3 only":        {tls.VersionTLS13, tls.VersionTLS13, nil, leaf, "TLS 1.3", "1.0 no, 1.1 no, 1.2 no, 1.3 yes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := probeOne(t, tlsServer(t, &tls.Config{
				MinVersion: c.min, MaxVersion: c.max, CipherSuites: c.suites,
				Certificates: []tls.Certificate{*serve(c.leaf, c.leaf)},
			}), "a.example")
			if h := r.Hosts[0]; h.Failure != nil || h.Version != c.first || leafName(&h) != "leaf" {
				t.Errorf("%+v", h)
			}
			if got := support(r.Versions); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			for _, v := range r.Versions {
				if (v.Failure == nil) != (v.Accepted == material.Yes) || v.ServerName != "a.example" {
					t.Errorf("%+v", v)
				}
				if v.Accepted == material.No && v.Failure.Alert != "protocol_version" {
					t.Errorf("%+v", v.Failure)
				}
			}
		})
	}
}

// Servers are set up by name: each different leaf is tried, the same only once.
func TestVersionsByLeaf(t *testing.T) {
	t.Parallel()
	one, two := mint(t, nil, "one", "a.example", "b.example"), mint(t, nil, "two", "c.example")
	modern := &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{*serve(two, two)}}
	r := probeOne(t, tlsServer(t, &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{*serve(one, one)},
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if hello.ServerName == "c.example" {
				return modern, nil
			}
			return nil, nil
		},
	}), "a.example", "b.example", "c.example")
	if len(r.Versions) != 8 || r.Versions[0].ServerName != "a.example" || r.Versions[4].ServerName != "c.example" {
		t.Fatalf("%+v", r.Versions)
	}
	if got := support(r.Versions); got != "1.0 no, 1.1 no, 1.2 yes, 1.3 yes, 1.0 no, 1.1 no, 1.2 no, 1.3 yes" {
		t.Error(got)
	}
}

// Whoever hangs up on a version does not accept it; whoever says nothing may.
func TestVersionsOfImpoliteServers(t *testing.T) {
	t.Parallel()
	leaf := mint(t, nil, "leaf", "a.example")
	config := &tls.Config{Certificates: []tls.Certificate{*serve(leaf, leaf)}}
	for name, c := range map[string]struct {
		refuse func(net.Conn)
		want   string
	}{
		"close":  {func(conn net.Conn) {}, "1.0 no, 1.1 no, 1.2 yes, 1.3 yes"},
		"reset":  {reset, "1.0 no, 1.1 no, 1.2 yes, 1.3 yes"},
		"silent": {func(conn net.Conn) { conn.Read(make([]byte, 1)) }, "1.0 unknown, 1.1 unknown, 1.2 yes, 1.3 yes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dial := listen(t, func(conn net.Conn) {
				peeked := &peekedConn{Conn: conn}
				if offersOldOnly(peeked.peek()) {
					c.refuse(conn)
					return
				}
				speakTLS(peeked, config)
			})
			r := Probe(t.Context(), []Endpoint{{Dial: dial}}, Options{Timeout: testTimeout})[0]
			if got := support(r.Versions); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// peekedConn reads what was looked at once more.
type peekedConn struct {
	net.Conn
	seen []byte
}

func (c *peekedConn) peek() []byte {
	c.seen = make([]byte, 64<<10)
	n, _ := c.Conn.Read(c.seen)
	c.seen = c.seen[:n]
	return c.seen
}

func (c *peekedConn) Read(p []byte) (int, error) {
	if len(c.seen) > 0 {
		n := copy(p, c.seen)
		c.seen = c.seen[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// offersOldOnly reads the version in a ClientHello: 1.3 is offered as 1.2 (RFC 8446, 4.1.2).
func offersOldOnly(hello []byte) bool {
	return len(hello) > 10 && fmt.Sprintf("%x", hello[9:11]) < "0303"
}
