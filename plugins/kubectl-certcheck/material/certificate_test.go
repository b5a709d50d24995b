package material

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"testing"
	"time"
)

func TestCertificate(t *testing.T) {
	root := mint(t, nil, ca("root"))
	uri, _ := url.Parse("spiffe://cluster.local/ns/a/sa/b")
	leaf := mint(t, root, func(c *x509.Certificate) {
		c.SerialNumber = big.NewInt(0x0a0b0c)
		c.Subject = pkix.Name{CommonName: "a.example", Organization: []string{"Org"}}
		c.DNSNames, c.IPAddresses, c.URIs = []string{"a.example", "*.b.example"}, []net.IP{net.ParseIP("10.0.0.1"), net.ParseIP("2001:db8::1")}, []*url.URL{uri}
		c.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 2, 3, 4}}
		c.IssuingCertificateURL = []string{"http://ca.example/i.der"}
		c.ExtraExtensions = []pkix.Extension{{Id: oidSCTs, Value: []byte{4, 0}}}
	})
	c := CertificateOf(leaf.cert)
	if c.X509() != leaf.cert {
		t.Error("X509 is another")
	}
	want := Certificate{
		Subject: Name{CommonName: "a.example", Organization: []string{"Org"}, Text: "CN=a.example,O=Org"},
		Issuer:  Name{CommonName: "root", Text: "CN=root"},
		Names: Names{CommonName: "a.example", DNS: []string{"a.example", "*.b.example"},
			IPs: []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2001:db8::1")}},
		URIs: []string{"spiffe://cluster.local/ns/a/sa/b"}, HasSAN: true, Serial: "0a0b0c",
		Lifetime:  Lifetime{NotBefore: day0, NotAfter: day0.Add(90 * day)},
		PublicKey: Algorithm{ECDSA, 256, "P-256"}, Signature: "ECDSA-SHA256", SelfSigned: No, Version: 3,
		KeyUsage: []string{"digitalSignature", "keyAgreement"}, ExtKeyUsage: []string{"clientAuth", "1.2.3.4"}, SCTs: true,
		SubjectKeyID: c.SubjectKeyID, AuthorityKeyID: CertificateOf(root.cert).SubjectKeyID, CAIssuers: []string{"http://ca.example/i.der"},
		SHA256: c.SHA256, PublicSHA256: c.PublicSHA256, parsed: leaf.cert,
	}
	if !reflect.DeepEqual(*c, want) {
		t.Errorf("got\n%+v\nwant\n%+v", *c, want)
	}
	if len(c.SHA256) != 64 || len(c.PublicSHA256) != 64 || c.AuthorityKeyID == "" || c.ForServers() {
		t.Errorf("fingerprints %q %q, authority %q, for servers %t", c.SHA256, c.PublicSHA256, c.AuthorityKeyID, c.ForServers())
	}
	r := CertificateOf(root.cert)
	if !r.CA || !r.SelfIssued || r.SelfSigned != Yes || r.HasSAN || r.SCTs || !r.ForServers() {
		t.Errorf("root: %+v", r)
	}
}

func TestForServers(t *testing.T) {
	for usage, want := range map[x509.ExtKeyUsage]bool{x509.ExtKeyUsageServerAuth: true, x509.ExtKeyUsageAny: true, x509.ExtKeyUsageClientAuth: false} {
		c := CertificateOf(mint(t, nil, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{usage} }).cert)
		if c.ForServers() != want {
			t.Errorf("%v: %t", c.ExtKeyUsage, !want)
		}
	}
}

// Equal names do not make it self-signed, as many tools have it.
func TestSelfIssuedIsNotSelfSigned(t *testing.T) {
	root := mint(t, nil, ca("same"))
	c := CertificateOf(mint(t, root, ca("same")).cert)
	if !c.SelfIssued || c.SelfSigned != No {
		t.Errorf("self-issued %t, self-signed %q", c.SelfIssued, c.SelfSigned)
	}
}

func TestWeakDigests(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaRoot, ecRoot := mintWith(t, key, nil, ca("RSA")), mint(t, nil, ca("EC"))
	for _, c := range []struct {
		root      *issued
		algorithm x509.SignatureAlgorithm
		want      string
	}{{rsaRoot, x509.SHA1WithRSA, "SHA-1"}, {rsaRoot, x509.MD5WithRSA, "MD5"}, {ecRoot, x509.ECDSAWithSHA1, "SHA-1"}} {
		made := CertificateOf(resign(t, c.root, c.algorithm).cert)
		if made.WeakDigest != c.want || made.SelfSigned != Yes || made.Signature != c.algorithm.String() {
			t.Errorf("%v: weak %q, self-signed %q, signature %q", c.algorithm, made.WeakDigest, made.SelfSigned, made.Signature)
		}
		for _, other := range []*issued{rsaRoot, ecRoot} { // one has another key, one another kind of key
			if other != c.root && signed(made.parsed, other.cert) != No {
				t.Errorf("%v: signed by another key", c.algorithm)
			}
		}
		made.parsed.Signature[9]++
		if got := signed(made.parsed, made.parsed); got != No {
			t.Errorf("%v: a wrong signature is taken for %q", c.algorithm, got)
		}
	}
}

func TestState(t *testing.T) {
	l := Lifetime{NotBefore: day0, NotAfter: day0.Add(day)}
	for at, want := range map[time.Duration]State{-time.Second: NotYetValid, 0: Valid, day: Valid, day + time.Second: Expired} {
		if got := l.State(day0.Add(at)); got != want {
			t.Errorf("%v: %q, want %q", at, got, want)
		}
	}
	if l.Length() != day || l.Left(day0.Add(time.Hour)) != 23*time.Hour {
		t.Errorf("length %v, left %v", l.Length(), l.Left(day0.Add(time.Hour)))
	}
}

func TestOrigin(t *testing.T) {
	by := func(issuer pkix.Name, subject pkix.Name) *Certificate {
		root := mint(t, nil, func(c *x509.Certificate) { ca("")(c); c.Subject = issuer })
		return CertificateOf(mint(t, root, func(c *x509.Certificate) { c.Subject = subject }).cert)
	}
	cn := func(name string) pkix.Name { return pkix.Name{CommonName: name} }
	own := func(subject pkix.Name, serial int64) *Certificate {
		return CertificateOf(mint(t, nil, func(c *x509.Certificate) { c.Subject = subject; c.SerialNumber = big.NewInt(serial) }).cert)
	}
	for name, c := range map[string]struct {
		cert *Certificate
		want Origin
	}{
		"staging":           {by(cn("(STAGING) Riddling Rhubarb R12"), cn("a.example")), LetsEncryptStaging},
		"staging, by O":     {by(pkix.Name{CommonName: "R12", Organization: []string{"(STAGING) Let's Encrypt"}}, cn("a")), LetsEncryptStaging},
		"staging of 2018":   {by(cn("Fake LE Intermediate X1"), cn("a.example")), LetsEncryptStaging},
		"its intermediate":  {by(cn("Fake LE Root X1"), cn("Fake LE Intermediate X1")), LetsEncryptStaging},
		"temporary":         {by(cn("cert-manager.local"), pkix.Name{SerialNumber: "1234567890"}), CertManagerTemporary},
		"temporary of 2019": {own(cn("a.example"), 0x1234567890), CertManagerTemporary},
		"nginx":             {own(pkix.Name{CommonName: "Kubernetes Ingress Controller Fake Certificate", Organization: []string{"Acme Co"}}, 7), IngressNginxFake},
		"traefik":           {own(cn("TRAEFIK DEFAULT CERT"), 7), TraefikDefault},
		"pebble":            {by(cn("Pebble Intermediate CA 3b2f10"), cn("a")), PebbleTest},
		"real":              {by(pkix.Name{CommonName: "R12", Organization: []string{"Let's Encrypt"}}, cn("a")), OtherOrigin},
		"staging host":      {by(cn("R12"), cn("(STAGING) a.example")), OtherOrigin},
		"own":               {own(cn("a"), 1234567890), OtherOrigin},
	} {
		if got := c.cert.Origin(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
