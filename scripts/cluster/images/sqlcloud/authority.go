package main

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"time"
)

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         ed25519.PrivateKey
	err         error // of making it; every use gives it
}

// authorities are the two of every instance: the one that proxies trust, and the one that signs the proxies' own certificates.
type authorities struct {
	seed            string
	server, clients authority
}

func newAuthorities(seed string) authorities {
	return authorities{seed: seed, server: newAuthority(seed, "Google Cloud SQL Server CA"), clients: newAuthority(seed, "Google Cloud SQL Client CA")}
}

// keyOf makes a key from the seed, always the same.
func keyOf(seed, name string) ed25519.PrivateKey {
	sum := sha256.Sum256([]byte(seed + "\x00" + name))
	return ed25519.NewKeyFromSeed(sum[:])
}

func newAuthority(seed, name string) authority {
	a := authority{key: keyOf(seed, name)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: subject(name), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err == nil {
		a.certificate, err = x509.ParseCertificate(der)
	}
	a.err = err
	return a
}

func subject(name string) pkix.Name {
	return pkix.Name{CommonName: name, Organization: []string{"Google, Inc"}, Country: []string{"US"}}
}

// sign gives a certificate in DER.
func (a authority) sign(name string, key crypto.PublicKey, usage x509.ExtKeyUsage, life time.Duration) ([]byte, error) {
	if a.err != nil {
		return nil, a.err
	}
	template := &x509.Certificate{ // without a number of its own it gets a random one
		Subject: subject(name), NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(life),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}
	return x509.CreateCertificate(rand.Reader, template, a.certificate, key, a.key)
}

// serverConfig is how the server-side proxy of an instance greets: the proxy compares the name in the certificate with PROJECT:INSTANCE.
func (a authorities) serverConfig(i instance) (*tls.Config, error) {
	key := keyOf(a.seed, i.connectionName())
	der, err := a.server.sign(i.project+":"+i.name, key.Public(), x509.ExtKeyUsageServerAuth, 365*24*time.Hour)
	if err != nil {
		return nil, err
	}
	if a.clients.err != nil {
		return nil, a.clients.err
	}
	clients := x509.NewCertPool()
	clients.AddCert(a.clients.certificate)
	return &tls.Config{
		MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}, nil
}
