package material

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"net/netip"
)

// Certificate is what a certificate says.
type Certificate struct {
	Subject, Issuer Name
	Names
	URIs []string `json:",omitempty"` // as spiffe://cluster.local/ns/a/sa/b
	// HasSAN says whether there is a SAN extension. Without one, Go and browsers
	// take the certificate for no name at all.
	HasSAN bool
	Serial string // hex, lower case, as crt.sh shows it
	SHA256 string // fingerprint, hex
	Lifetime
	PublicKey Algorithm
	// PublicSHA256 is the SHA-256, in hex, of the SubjectPublicKeyInfo.
	PublicSHA256 string
	// Signature is the algorithm of the signature: "ECDSA-SHA256". WeakDigest is MD2,
	// MD5 or SHA-1 if it rests on one; in a root that does not matter.
	Signature  string
	WeakDigest string `json:",omitempty"`
	// SelfIssued: the subject is the issuer. SelfSigned: its own key signed it, too;
	// Unknown only if the signature cannot be checked.
	SelfIssued bool
	SelfSigned Answer
	// CA is what the basic constraints say. A certificate of version 1 has none:
	// it is not a CA here.
	CA      bool
	Version int
	// KeyUsage and ExtKeyUsage are by the names of RFC 5280, 4.2.1.3 and 4.2.1.12;
	// the ones it does not have are object identifiers. Empty is: not restricted.
	KeyUsage, ExtKeyUsage []string
	// SCTs says whether signed certificate timestamps are embedded, as public CAs do.
	SCTs bool
	// SubjectKeyID and AuthorityKeyID are in hex; empty if absent.
	SubjectKeyID, AuthorityKeyID string
	// CAIssuers are the URLs where the issuer's certificate can be had (AIA).
	// Browsers fetch it from there when a server does not send it; curl and Go do not.
	CAIssuers []string

	parsed *x509.Certificate
}

// Name is a distinguished name.
type Name struct {
	CommonName   string
	Organization []string
	// SerialNumber is the attribute of the name, not the certificate's number.
	SerialNumber string `json:",omitempty"`
	Text         string // RFC 2253: "CN=R11,O=Let's Encrypt,C=US"
}

// X509 returns the parsed certificate. Nobody changes it.
func (c *Certificate) X509() *x509.Certificate { return c.parsed }

// ForServers reports whether the certificate is for servers: whether its extended key
// usage allows serverAuth, or does not restrict.
func (c *Certificate) ForServers() bool {
	for _, usage := range c.parsed.ExtKeyUsage {
		if usage == x509.ExtKeyUsageServerAuth || usage == x509.ExtKeyUsageAny {
			return true
		}
	}
	return len(c.ExtKeyUsage) == 0
}

// certificateOf parses the first DER value of der.
func certificateOf(der []byte) (*Certificate, error) {
	parsed, err := x509.ParseCertificate(first(der))
	if err != nil {
		return nil, err
	}
	return CertificateOf(parsed), nil
}

// CertificateOf returns what a parsed certificate says, as one of a handshake.
func CertificateOf(parsed *x509.Certificate) *Certificate {
	sum := sha256.Sum256(parsed.Raw)
	c := &Certificate{
		Subject:        nameOf(parsed.Subject.CommonName, parsed.Subject.Organization, parsed.Subject.SerialNumber, parsed.Subject.String()),
		Issuer:         nameOf(parsed.Issuer.CommonName, parsed.Issuer.Organization, parsed.Issuer.SerialNumber, parsed.Issuer.String()),
		Names:          Names{CommonName: parsed.Subject.CommonName, DNS: parsed.DNSNames},
		Serial:         hex.EncodeToString(parsed.SerialNumber.Bytes()),
		SHA256:         hex.EncodeToString(sum[:]),
		Lifetime:       Lifetime{NotBefore: parsed.NotBefore, NotAfter: parsed.NotAfter},
		PublicKey:      publicKeyOf(parsed),
		PublicSHA256:   publicHash(parsed.PublicKey),
		Signature:      parsed.SignatureAlgorithm.String(),
		WeakDigest:     weakDigest(parsed.SignatureAlgorithm),
		SelfIssued:     bytes.Equal(parsed.RawSubject, parsed.RawIssuer),
		CA:             parsed.BasicConstraintsValid && parsed.IsCA,
		Version:        parsed.Version,
		KeyUsage:       keyUsages(parsed.KeyUsage),
		ExtKeyUsage:    extKeyUsages(parsed),
		SubjectKeyID:   hex.EncodeToString(parsed.SubjectKeyId),
		AuthorityKeyID: hex.EncodeToString(parsed.AuthorityKeyId),
		CAIssuers:      parsed.IssuingCertificateURL,
		parsed:         parsed,
	}
	for _, ip := range parsed.IPAddresses {
		if addr, ok := netip.AddrFromSlice(ip); ok {
			c.IPs = append(c.IPs, addr.Unmap())
		}
	}
	for _, uri := range parsed.URIs {
		c.URIs = append(c.URIs, uri.String())
	}
	for _, extension := range parsed.Extensions {
		c.HasSAN = c.HasSAN || extension.Id.Equal(oidSAN)
		c.SCTs = c.SCTs || extension.Id.Equal(oidSCTs)
	}
	c.SelfSigned = No
	if c.SelfIssued {
		c.SelfSigned = signed(parsed, parsed)
	}
	return c
}

var (
	oidSAN  = asn1.ObjectIdentifier{2, 5, 29, 17}                     // RFC 5280, 4.2.1.6
	oidSCTs = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2} // RFC 6962, 3.3
)

func nameOf(common string, organization []string, serial, text string) Name {
	return Name{CommonName: common, Organization: organization, SerialNumber: serial, Text: text}
}
