package live

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"slices"
	"testing"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// A server that wants a certificate of the client shows its own all the same.
func TestClientAuth(t *testing.T) {
	t.Parallel()
	root := mint(t, nil, "clients of shop")
	leaf := mint(t, nil, "leaf", "a.example")
	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	for name, c := range map[string]struct {
		auth    tls.ClientAuthType
		version uint16
		older   uint16 // that is accepted, too
		want    served.ClientAuth
		alert   string
	}{
		"required, 1.3":  {tls.RequireAndVerifyClientCert, tls.VersionTLS13, 0, served.ClientAuthRequired, "certificate_required"},
		"required, 1.2":  {tls.RequireAndVerifyClientCert, tls.VersionTLS12, 0, served.ClientAuthRequired, "handshake_failure"},
		"required, 1.0":  {tls.RequireAndVerifyClientCert, tls.VersionTLS10, 0, served.ClientAuthRequired, "handshake_failure"},
		"required, both": {tls.RequireAndVerifyClientCert, tls.VersionTLS13, tls.VersionTLS12, served.ClientAuthRequired, "certificate_required"},
		"optional, 1.3":  {tls.VerifyClientCertIfGiven, tls.VersionTLS13, 0, served.ClientAuthOptional, ""},
		"optional, 1.2":  {tls.VerifyClientCertIfGiven, tls.VersionTLS12, 0, served.ClientAuthOptional, ""},
		"none, 1.3":      {tls.NoClientCert, tls.VersionTLS13, 0, served.NoClientAuth, ""},
		"none, 1.2":      {tls.NoClientCert, tls.VersionTLS12, 0, served.NoClientAuth, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := probeOne(t, tlsServer(t, &tls.Config{
				Certificates: []tls.Certificate{*serve(leaf, leaf)}, MinVersion: cmp.Or(c.older, c.version), MaxVersion: c.version, ClientAuth: c.auth, ClientCAs: pool,
			}), "a.example")
			h := &r.Hosts[0]
			if leafName(h) != "leaf" || h.ClientAuth != c.want || h.Version != tls.VersionName(c.version) {
				t.Errorf("%+v, %v", h, h.Failure)
			}
			if (h.Failure != nil) != (c.alert != "") || h.Failure != nil && (h.Failure.Kind != served.Alert || h.Failure.Alert != c.alert) {
				t.Errorf("failure: %+v", h.Failure)
			}
			if asked := c.want != served.NoClientAuth; asked && !slices.Equal(h.ClientCAs, []string{"CN=clients of shop"}) || !asked && h.ClientCAs != nil {
				t.Errorf("CAs: %q", h.ClientCAs)
			}
			for _, v := range r.Versions {
				if want := v.Version == h.Version || v.Version == tls.VersionName(c.older); (v.Accepted == material.Yes) != want {
					t.Errorf("%s is accepted: %s", v.Version, v.Accepted)
				}
			}
		})
	}
}
