package material

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"strings"
)

// Key is what may be known of a private key. It holds no part of the key.
type Key struct {
	Algorithm
	Encoding Encoding
	// Encrypted keys tell nothing more; a label of the traditional form tells the kind.
	Encrypted bool
	// PublicSHA256 is the SHA-256, in hex, of the public half as a
	// SubjectPublicKeyInfo; empty is unknown.
	PublicSHA256 string
}

// Encoding is how a private key is written.
type Encoding string

const (
	PKCS1       Encoding = "PKCS#1"      // RSA PRIVATE KEY
	PKCS8       Encoding = "PKCS#8"      // PRIVATE KEY, ENCRYPTED PRIVATE KEY
	SEC1        Encoding = "SEC 1"       // EC PRIVATE KEY
	OpenSSH     Encoding = "OpenSSH"     // OPENSSH PRIVATE KEY, which TLS servers do not read
	Traditional Encoding = "traditional" // OpenSSL's for other kinds: DSA PRIVATE KEY
)

const labelOpenSSH = "OPENSSH PRIVATE KEY"

// Matches says whether the key is that of the certificate: whether the public
// keys are equal. It is Unknown for encrypted keys and for kinds that Go does
// not know (DSA, RSASSA-PSS, Ed448).
func (k *Key) Matches(c *Certificate) Answer {
	if k == nil || c == nil || k.PublicSHA256 == "" || c.PublicSHA256 == "" {
		return Unknown
	}
	return answer(k.PublicSHA256 == c.PublicSHA256)
}

// labelled reports whether the label is that of the encoding of a key that was parsed.
func (k *Key) labelled(label string) bool {
	switch k.Encoding {
	case PKCS1:
		return label == labelPKCS1
	case SEC1:
		return label == labelSEC1
	}
	return label == labelPKCS8 && !k.Encrypted || label == labelEncryptedKey && k.Encrypted
}

// keyOf returns what der says of a key in one of the three encodings; nil if it
// is none. The key is dropped here.
func keyOf(der []byte) *Key {
	if len(der) > maxKey {
		return nil
	}
	der = first(der)
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return describe(key, PKCS8)
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return describe(key, PKCS1)
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return describe(key, SEC1)
	}
	return shapeOf(der)
}

func describe(key any, encoding Encoding) *Key {
	k := &Key{Encoding: encoding}
	if private, ok := key.(interface{ Public() crypto.PublicKey }); ok {
		k.Algorithm = algorithmOf(private.Public())
		k.PublicSHA256 = publicHash(private.Public())
	}
	return k
}

// publicHash is the same for equal public keys, however they were written.
func publicHash(public crypto.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// shapeOf recognizes PKCS#8 that Go does not parse: encrypted (RFC 5958, 3), or
// of another algorithm.
func shapeOf(der []byte) *Key {
	var encrypted struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	if rest, err := asn1.Unmarshal(der, &encrypted); err == nil && len(rest) == 0 && isPasswordBased(encrypted.Algorithm.Algorithm.String()) {
		return &Key{Encoding: PKCS8, Encrypted: true}
	}
	var plain struct {
		Version    int
		Algorithm  pkix.AlgorithmIdentifier
		PrivateKey []byte
		Attributes asn1.RawContent `asn1:"optional,tag:0"`
	}
	if _, err := asn1.Unmarshal(der, &plain); err != nil {
		return nil
	}
	kind := kindsByOID[plain.Algorithm.Algorithm.String()]
	if kind == "" {
		return nil // also a broken key of a kind that Go knows
	}
	return &Key{Encoding: PKCS8, Algorithm: Algorithm{Kind: kind}}
}

// isPasswordBased: the arcs of PKCS#5 and PKCS#12 for encryption with a password.
func isPasswordBased(oid string) bool {
	return strings.HasPrefix(oid, "1.2.840.113549.1.5.") || strings.HasPrefix(oid, "1.2.840.113549.1.12.1.")
}

// encryptedKey describes a key that OpenSSL's traditional form encrypts.
func encryptedKey(label string) *Key {
	switch label {
	case labelPKCS1:
		return &Key{Encoding: PKCS1, Encrypted: true, Algorithm: Algorithm{Kind: RSA}}
	case labelSEC1:
		return &Key{Encoding: SEC1, Encrypted: true, Algorithm: Algorithm{Kind: ECDSA}}
	}
	return &Key{Encoding: Traditional, Encrypted: true}
}

// first returns the first DER value of data; trailing reports whether there is more.
func first(data []byte) []byte {
	var value asn1.RawValue
	if _, err := asn1.Unmarshal(data, &value); err != nil {
		return data
	}
	return value.FullBytes
}

func trailing(data []byte) bool { return len(first(data)) < len(data) }
