package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

// lifetime is how long Pebble's certificates live, in seconds: 90 days.
const lifetime = 90 * 24 * 60 * 60

// refused is a domain that Pebble issues no certificates for.
const refused = "refused.example.test"

// servePebble starts the ACME server, which looks names up with the DNS server, and
// returns the URL of its directory. There is one profile only: Pebble would choose
// among several at random.
func servePebble(ctx context.Context, dns string) (string, error) {
	// It asks the environment: no waiting before a validation, no nonces refused for practice.
	for name, value := range map[string]string{"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"} {
		if err := os.Setenv(name, value); err != nil {
			return "", err
		}
	}
	logger := log.New(os.Stderr, "pebble ", log.LstdFlags)
	store := db.NewMemoryStore()
	if err := store.AddBlockedDomain(refused); err != nil {
		return "", err
	}
	authority := ca.New(logger, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "90 days", ValidityPeriod: lifetime}})
	validation := va.New(logger, 1, 1, false, dns, store)
	front := wfe.New(logger, store, validation, authority, []string{"pebble.example.test"}, false, false, 1, 1)
	certificate, err := serverCertificate()
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: front.Handler(), ReadHeaderTimeout: 10 * time.Second}
	serve(ctx, server, tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}))
	return "https://" + listener.Addr().String() + wfe.DirectoryPath, nil
}

// serverCertificate makes one that clients have to take without a check.
func serverCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ACME directory"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
