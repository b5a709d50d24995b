package live

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"
)

// issued is a certificate with its key.
type issued struct {
	key  crypto.Signer
	cert *x509.Certificate
}

// mint makes a certificate of that common name that parent signs; nil is: its
// own key does. Names make it a leaf.
func mint(t testing.TB, parent *issued, common string, names ...string) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return mintWith(t, key, parent, common, names...)
}

func mintWith(t testing.TB, key crypto.Signer, parent *issued, common string, names ...string) *issued {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: common}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: len(names) == 0, BasicConstraintsValid: true,
	}
	if parent == nil {
		parent = &issued{key: key, cert: template}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent.cert, key.Public(), parent.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issued{key: key, cert: cert}
}

func mintRSA(t testing.TB, common string, names ...string) *issued {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return mintWith(t, key, nil, common, names...)
}

// serve is what a server sends: the leaf's key, then the certificates in order.
func serve(leaf *issued, chain ...*issued) *tls.Certificate {
	out := &tls.Certificate{PrivateKey: leaf.key}
	for _, c := range chain {
		out.Certificate = append(out.Certificate, c.cert.Raw)
	}
	return out
}

// bySNI serves by name; the empty name is for all others. Without one they are
// refused, with the alert unrecognized_name.
func bySNI(certificates map[string]*tls.Certificate) *tls.Config {
	return &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		for _, name := range []string{hello.ServerName, ""} {
			if c, ok := certificates[name]; ok {
				return c, nil
			}
		}
		return nil, nil // crypto/tls has an alert for that
	}}
}
