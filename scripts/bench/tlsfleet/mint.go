package tlsfleet

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"time"
)

// keyPairs is how many keys the leaves share: making one takes longer than all else.
const keyPairs = 8

const day = 24 * time.Hour

// mint makes certificates: each leaf is its own, with one of a few keys, and comes
// with its intermediate, as public CAs issue them.
type mint struct {
	keys         []key
	issuer       *x509.Certificate
	issuerKey    crypto.Signer
	intermediate []byte // PEM
	serial       int64
}

// key is a key pair with its private half as a PEM block.
type key struct {
	crypto.Signer
	text []byte
}

func newMint(now time.Time) (*mint, error) {
	m := &mint{serial: 1 << 40}
	for i := range keyPairs {
		k, err := newKey(i%2 == 0)
		if err != nil {
			return nil, err
		}
		m.keys = append(m.keys, k)
	}
	root, err := newKey(false)
	if err != nil {
		return nil, err
	}
	signer, err := newKey(false)
	if err != nil {
		return nil, err
	}
	rootTemplate, template := authority("Bench Root", now), authority("Bench B1", now)
	der, err := x509.CreateCertificate(rand.Reader, template, rootTemplate, signer.Public(), root)
	if err != nil {
		return nil, err
	}
	m.issuerKey, m.intermediate = signer, block("CERTIFICATE", der)
	m.issuer, err = x509.ParseCertificate(der)
	return m, err
}

func authority(name string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(now.Unix()), Subject: pkix.Name{Organization: []string{"Bench"}, CommonName: name},
		NotBefore: now.Add(-365 * day), NotAfter: now.Add(1000 * day),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
}

// newKey is of RSA with 2048 bits as PKCS#1, or ECDSA on P-256 as PKCS#8.
func newKey(ofRSA bool) (key, error) {
	if ofRSA {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return key{}, err
		}
		return key{k, block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k))}, nil
	}
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return key{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	return key{k, block("PRIVATE KEY", der)}, err
}

// pair is a certificate of a host with its intermediate, and its key, both as PEM.
func (m *mint) pair(host string, from, until time.Time) (certificates, private []byte, err error) {
	m.serial++
	k := m.keys[m.serial%keyPairs]
	template := &x509.Certificate{
		SerialNumber: big.NewInt(m.serial), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: from, NotAfter: until, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IssuingCertificateURL: []string{"http://b1.example.org/"}, CRLDistributionPoints: []string{"http://b1.example.org/crl"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, m.issuer, k.Public(), m.issuerKey)
	if err != nil {
		return nil, nil, err
	}
	return append(block("CERTIFICATE", der), m.intermediate...), k.text, nil
}

func block(label string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der})
}
