package material

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
)

// Algorithm is the kind and the size of a key.
type Algorithm struct {
	Kind KeyKind
	Bits int // of the modulus, or of the curve; 0 is unknown
	// Curve is the curve of an ECDSA key: "P-256".
	Curve string `json:",omitempty"`
}

// KeyKind is the kind of a key.
type KeyKind string

const (
	OtherKey KeyKind = ""
	RSA      KeyKind = "RSA"
	ECDSA    KeyKind = "ECDSA"
	Ed25519  KeyKind = "Ed25519"
	// What follows is recognized only: crypto/tls cannot use it.
	DSA    KeyKind = "DSA"
	RSAPSS KeyKind = "RSASSA-PSS"
	Ed448  KeyKind = "Ed448"
	X25519 KeyKind = "X25519"
)

// kindsByOID are the kinds that crypto/x509 does not parse, or not fully.
var kindsByOID = map[string]KeyKind{
	"1.2.840.10040.4.1":     DSA,    // RFC 3279, 2.3.2
	"1.2.840.113549.1.1.10": RSAPSS, // RFC 4055, 3.1
	"1.3.101.113":           Ed448,  // RFC 8410, 3
}

// Weak reports whether the key is too weak for clients of today: RSA below 2048
// bits, curves below 256, DSA (CA/Browser Forum, Baseline Requirements, 6.1.5).
// It is Unknown for other kinds.
func (a Algorithm) Weak() Answer {
	switch a.Kind {
	case RSA, RSAPSS:
		if a.Bits > 0 {
			return answer(a.Bits < 2048)
		}
	case ECDSA:
		if a.Bits > 0 {
			return answer(a.Bits < 256)
		}
	case DSA:
		return Yes
	case Ed25519, Ed448:
		return No
	}
	return Unknown
}

func algorithmOf(public crypto.PublicKey) Algorithm {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return Algorithm{Kind: RSA, Bits: k.N.BitLen()}
	case *ecdsa.PublicKey:
		return Algorithm{Kind: ECDSA, Bits: k.Curve.Params().BitSize, Curve: k.Curve.Params().Name}
	case ed25519.PublicKey:
		return Algorithm{Kind: Ed25519, Bits: 256}
	case *ecdh.PublicKey:
		return Algorithm{Kind: X25519, Bits: 256}
	}
	return Algorithm{}
}

// publicKeyOf also names the kinds that crypto/x509 does not parse.
func publicKeyOf(c *x509.Certificate) Algorithm {
	if a := algorithmOf(c.PublicKey); a.Kind != OtherKey {
		return a
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info); err != nil {
		return Algorithm{}
	}
	return Algorithm{Kind: kindsByOID[info.Algorithm.Algorithm.String()]}
}
