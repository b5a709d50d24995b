package byhand

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"
)

const day = 24 * time.Hour

// issued is a certificate with its key.
type issued struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

// mint makes a certificate for shop.example, *.shop.example and 10.0.0.1, valid since
// yesterday for 90 days, that parent signs; nil is: its own key does.
func mint(t *testing.T, parent *issued, name string, edit func(*x509.Certificate)) *issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-day), NotAfter: time.Now().Add(89 * day),
		DNSNames: []string{"shop.example", "*.shop.example"}, IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1), net.ParseIP("2001:db8::1")},
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

// ca makes it a CA, and valid for long.
func ca(c *x509.Certificate) {
	c.DNSNames, c.IPAddresses = nil, nil
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	c.NotBefore, c.NotAfter = time.Now().Add(-300*day), time.Now().Add(300*day)
}

func (i *issued) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.cert.Raw}))
}

func (i *issued) keyPEM(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(i.key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// serve is what a server serves with it.
func (i *issued) serve() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{i.cert.Raw}, PrivateKey: i.key}}}
}
