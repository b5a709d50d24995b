package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"sync"
	"testing"
	"time"
)

const day = 24 * time.Hour

// authority is a CA that signs the certificates of the tests.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

// theCA is made once: all that the tests' worlds trust.
var theCA = sync.OnceValues(func() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Shop CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-400 * day), NotAfter: time.Now().Add(4000 * day),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &authority{certificate, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}, err
})

// pair is a certificate with its key, and the CA's.
type pair struct{ crt, key, ca []byte }

// issue makes a certificate for hosts that ends after left, of a lifetime of 90 days.
func issue(t testing.TB, left time.Duration, hosts ...string) pair {
	t.Helper()
	ca, err := theCA()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(left).Truncate(time.Second)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: hosts, NotBefore: end.Add(-90 * day), NotAfter: end, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, key.Public(), ca.key)
	if err != nil {
		t.Fatal(err)
	}
	return pair{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), keyPEM(t, key), ca.pem}
}

func keyPEM(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// secret is the Secret of a pair, as YAML.
func (p pair) secret(namespace, name, annotations string) string {
	return fmt.Sprintf(`{apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: {namespace: %s, name: %s, annotations: {%s}},
 data: {tls.crt: %s, tls.key: %s, ca.crt: %s}}`, namespace, name, annotations, b64(p.crt), b64(p.key), b64(p.ca))
}

// parts are pieces of the key that no output may have, in every form that it may take.
func (p pair) parts() []string {
	block, _ := pem.Decode(p.key)
	middle := func(s []byte) string { return string(s[len(s)/4 : len(s)/4+24]) }
	lines := bytes.Split(p.key, []byte("\n"))
	return []string{"PRIVATE KEY", middle([]byte(b64(p.key))), string(lines[1][:24]), string(lines[2][:24]), fmt.Sprintf("%x", block.Bytes[40:56])}
}

func b64(data []byte) string { return base64.StdEncoding.EncodeToString(data) }
