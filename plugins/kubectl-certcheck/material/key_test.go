package material

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"strings"
	"testing"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func pkcs8(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestKeys(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	p224, _ := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	x, _ := ecdh.X25519().GenerateKey(rand.Reader)
	sec1, _ := x509.MarshalECPrivateKey(p384)
	params := armour("EC PARAMETERS", unhex(t, "06052b81040022"))
	legacy := []byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n")

	for name, c := range map[string]struct {
		data []byte
		want Key // PublicSHA256 left out
		code Code
		weak Answer
	}{
		"PKCS#1":                 {armour("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(small)), Key{Algorithm: Algorithm{RSA, 1024, ""}, Encoding: PKCS1}, "", Yes},
		"PKCS#8":                 {armour("PRIVATE KEY", pkcs8(t, p384)), Key{Algorithm: Algorithm{ECDSA, 384, "P-384"}, Encoding: PKCS8}, "", No},
		"SEC 1":                  {cat(params, armour("EC PRIVATE KEY", sec1)), Key{Algorithm: Algorithm{ECDSA, 384, "P-384"}, Encoding: SEC1}, "", No},
		"P-224":                  {armour("PRIVATE KEY", pkcs8(t, p224)), Key{Algorithm: Algorithm{ECDSA, 224, "P-224"}, Encoding: PKCS8}, "", Yes},
		"Ed25519":                {armour("PRIVATE KEY", pkcs8(t, ed)), Key{Algorithm: Algorithm{Ed25519, 256, ""}, Encoding: PKCS8}, "", No},
		"X25519":                 {armour("PRIVATE KEY", pkcs8(t, x)), Key{Algorithm: Algorithm{X25519, 256, ""}, Encoding: PKCS8}, "", Unknown},
		"wrong label":            {armour("RSA PRIVATE KEY", pkcs8(t, small)), Key{Algorithm: Algorithm{RSA, 1024, ""}, Encoding: PKCS8}, Mislabelled, Yes},
		"RSA-PSS":                {armour("PRIVATE KEY", unhex(t, "3015 020100 300b 06092a864886f70d01010a 0403 010203")), Key{Algorithm: Algorithm{Kind: RSAPSS}, Encoding: PKCS8}, "", Unknown},
		"encrypted":              {armour("ENCRYPTED PRIVATE KEY", unhex(t, "3014 300d 06092a864886f70d01050d 3000 0403 010203")), Key{Encoding: PKCS8, Encrypted: true}, "", Unknown},
		"encrypted, plain label": {armour("PRIVATE KEY", unhex(t, "3014 300d 06092a864886f70d01050d 3000 0403 010203")), Key{Encoding: PKCS8, Encrypted: true}, Mislabelled, Unknown},
		"encrypted, old form":    {legacy, Key{Algorithm: Algorithm{Kind: RSA}, Encoding: PKCS1, Encrypted: true}, "", Unknown},
		"OpenSSH":                {armour("OPENSSH PRIVATE KEY", []byte("openssh-key-v1\x00")), Key{Encoding: OpenSSH}, "", Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			b := Parse(c.data, PrivateKey)
			key := b.Key()
			if key == nil {
				t.Fatalf("no key: %v", blocksOf(b))
			}
			if (key.PublicSHA256 == "") != (c.want.Bits == 0) {
				t.Errorf("public hash %q", key.PublicSHA256)
			}
			got := *key
			got.PublicSHA256 = ""
			if got != c.want || key.Weak() != c.weak {
				t.Errorf("got %+v, weak %q; want %+v, weak %q", got, key.Weak(), c.want, c.weak)
			}
			last := b.Blocks[len(b.Blocks)-1]
			if (c.code != "") != (len(last.Problems) > 0) || c.code != "" && !last.Has(c.code) {
				t.Errorf("problems %v, want %q", codes(last.Problems), c.code)
			}
		})
	}
	if b := Parse(params, PrivateKey); b.Blocks[0].Kind != KindParameters || b.Key() != nil {
		t.Errorf("parameters are taken for %v", blocksOf(b))
	}
	broken := x509.MarshalPKCS1PrivateKey(small)
	broken[len(broken)/2] ^= 1
	if b := Parse(armour("RSA PRIVATE KEY", broken), PrivateKey); b.Key() != nil || !b.Blocks[0].Has(BadContent) || b.Blocks[0].Problems[0].Detail != "" {
		t.Errorf("a broken key gives %v, %+v", blocksOf(b), b.Blocks[0].Problems)
	}
}

// A digest looks like an encrypted key: an algorithm and bytes (RFC 8017, 9.2).
func TestDigestIsNoKey(t *testing.T) {
	b := Parse(armour("PRIVATE KEY", unhex(t, "3014 300d 0609608648016503040201 0500 0403 010203")), PrivateKey)
	if b.Key() != nil || !b.Blocks[0].Has(BadContent) {
		t.Errorf("%v", blocksOf(b))
	}
}

func TestWeak(t *testing.T) {
	for a, want := range map[Algorithm]Answer{
		{RSA, 2047, ""}: Yes, {RSA, 2048, ""}: No, {ECDSA, 256, "P-256"}: No, {ECDSA, 224, "P-224"}: Yes,
		{Kind: RSA}: Unknown, {Kind: ECDSA}: Unknown, {Kind: DSA}: Yes, {Kind: Ed25519}: No, {Kind: Ed448}: No, {}: Unknown,
	} {
		if got := a.Weak(); got != want {
			t.Errorf("%+v: %q, want %q", a, got, want)
		}
	}
}

func TestMatches(t *testing.T) {
	a, b := mint(t, nil, nil), mint(t, nil, nil)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	r := mintWith(t, rsaKey, nil, nil)
	key := func(i *issued) *Key { return Parse(armour("PRIVATE KEY", i.pkcs8(t)), PrivateKey).Key() }
	pkcs1 := Parse(armour("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)), PrivateKey).Key()
	for name, c := range map[string]struct {
		key  *Key
		cert *issued
		want Answer
	}{
		"own": {key(a), a, Yes}, "other": {key(a), b, No}, "other kind": {key(a), r, No}, "PKCS#1": {pkcs1, r, Yes},
		"encrypted": {&Key{Encrypted: true}, a, Unknown}, "none": {nil, a, Unknown},
	} {
		if got := c.key.Matches(CertificateOf(c.cert.cert)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	p := ParsePair(cat(b.pem(), a.pem()), armour("PRIVATE KEY", a.pkcs8(t)))
	if p.Match != No || p.MatchAt != 1 || p.Chain.Leaf != 1 {
		t.Errorf("match %q at %d, leaf %d", p.Match, p.MatchAt, p.Chain.Leaf)
	}
	p = ParsePair(nil, nil)
	if p.Match != Unknown || p.MatchAt != -1 || p.Chain.Leaf != -1 || p.Chain.Top() != nil {
		t.Errorf("%+v", p)
	}
}

// The key that servers take is the first, even if it is broken.
func TestFirstKeyCounts(t *testing.T) {
	a := mint(t, nil, nil)
	if key := Parse(cat(armour("PRIVATE KEY", []byte("x")), armour("PRIVATE KEY", a.pkcs8(t))), PrivateKey).Key(); key != nil {
		t.Errorf("%+v", key)
	}
}

// TestMaxKeySize: the bound is far above what is in use.
func TestMaxKeySize(t *testing.T) {
	der := bytes.Repeat([]byte{0}, maxKey+1)
	if b := Parse(armour("PRIVATE KEY", der), PrivateKey); !b.Blocks[0].Has(TooLarge) {
		t.Errorf("%v", blocksOf(b))
	}
}
