//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const day = 24 * time.Hour

// authority is a CA for a test: a root and an intermediate that signs.
type authority struct {
	root, intermediate *x509.Certificate
	key                *ecdsa.PrivateKey
	rootPEM            []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	rootKey, key := newKey(t), newKey(t)
	root := caTemplate("kubechores test root")
	rootDER := sign(t, root, root, rootKey, rootKey)
	intermediateDER := sign(t, caTemplate("kubechores test CA 1"), root, key, rootKey)
	return &authority{
		root: parse(t, rootDER), intermediate: parse(t, intermediateDER), key: key,
		rootPEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER}),
	}
}

func caTemplate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name, Organization: []string{"kubechores"}},
		NotBefore: time.Now().Add(-300 * day), NotAfter: time.Now().Add(1000 * day),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

// rootFile writes the root to where SSL_CERT_FILE may point.
func (a *authority) rootFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(path, a.rootPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// pair is the data of a TLS Secret.
type pair struct{ crt, key []byte }

// leaf makes a certificate for hosts, valid from so long ago until so long from now.
func (a *authority) leaf(t *testing.T, age, left time.Duration, hosts ...string) pair {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: strings.TrimPrefix(hosts[0], "*.")}, DNSNames: hosts,
		NotBefore: time.Now().Add(-age), NotAfter: time.Now().Add(left),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	crt := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: sign(t, template, a.intermediate, key, a.key)})
	crt = append(crt, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.intermediate.Raw})...)
	return pair{crt, keyPEM(t, key)}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// rsaKey is one key for all accounts, which cert-manager wants to be of this kind: it
// takes a while to find one.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // the system has no randomness
	}
	return key
})

func keyPEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func sign(t *testing.T, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func parse(t *testing.T, der []byte) *x509.Certificate {
	t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// traces are texts that give a secret away: its lines, and pieces of it as the API has
// it, in base64.
func traces(secret []byte) []string {
	var all []string
	for line := range strings.Lines(string(secret)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "-----") {
			all = append(all, line)
		}
	}
	const piece = 32 // more than any other text shares with it by chance
	for text := base64.StdEncoding.EncodeToString(secret); len(text) > piece; text = text[piece:] {
		if !strings.Contains(base64.StdEncoding.EncodeToString([]byte("-----BEGIN PRIVATE KEY-----")), text[:piece]) {
			all = append(all, text[:piece])
		}
	}
	return all
}
