package material

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
)

// resign signs a root anew over a digest that crypto/x509 does not sign with.
func resign(t *testing.T, root *issued, algorithm x509.SignatureAlgorithm) *issued {
	t.Helper()
	id := pkix.AlgorithmIdentifier{Parameters: asn1.NullRawValue}
	hash := crypto.SHA1
	switch algorithm {
	case x509.MD5WithRSA:
		id.Algorithm, hash = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 4}, crypto.MD5
	case x509.SHA1WithRSA:
		id.Algorithm = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}
	case x509.ECDSAWithSHA1:
		id = pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}}
	}
	body := replaceAlgorithm(t, root.cert.RawTBSCertificate, id)
	digest := hash.New()
	digest.Write(body)
	signature, err := root.key.Sign(rand.Reader, digest.Sum(nil), hash)
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(struct {
		Body      asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: body}, id, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}})
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issued{key: root.key, cert: cert}
}

// replaceAlgorithm exchanges the third field of a TBSCertificate (RFC 5280, 4.1).
func replaceAlgorithm(t *testing.T, body []byte, id pkix.AlgorithmIdentifier) []byte {
	t.Helper()
	var fields []asn1.RawValue
	if _, err := asn1.Unmarshal(body, &fields); err != nil {
		t.Fatal(err)
	}
	text, err := asn1.Marshal(id)
	if err != nil {
		t.Fatal(err)
	}
	fields[2] = asn1.RawValue{FullBytes: text}
	out, err := asn1.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
