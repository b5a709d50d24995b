package material

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// day0 is the time of the tests; certificates are valid for 90 days from then on.
var day0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// issued is a certificate with its key.
type issued struct {
	key  crypto.Signer
	cert *x509.Certificate
}

var serials int64 = 1000

// mint makes a certificate that parent signs; nil is: its own key does.
func mint(t testing.TB, parent *issued, edit func(*x509.Certificate)) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return mintWith(t, key, parent, edit)
}

func mintWith(t testing.TB, key crypto.Signer, parent *issued, edit func(*x509.Certificate)) *issued {
	t.Helper()
	serials++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serials),
		Subject:      pkix.Name{CommonName: "leaf"},
		NotBefore:    day0, NotAfter: day0.Add(90 * day),
	}
	if edit != nil {
		edit(template)
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

func ca(name string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: name}
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	}
}

func host(names ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.DNSNames = names }
}

func (i *issued) pem() []byte { return armour("CERTIFICATE", i.cert.Raw) }

func (i *issued) pkcs8(t testing.TB) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(i.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func armour(label string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der})
}

func certs(all ...*issued) (out []*Certificate) {
	for _, i := range all {
		out = append(out, CertificateOf(i.cert))
	}
	return out
}

func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func codes(problems []Problem) (out []Code) {
	for _, p := range problems {
		out = append(out, p.Code)
	}
	return out
}
