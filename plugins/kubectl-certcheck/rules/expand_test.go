package rules

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// expand replaces the macros of a fixture.
//
//	${pair dns=a.example.com,b.example.com cn=… ip=… from=2026-10-01 until=2026-12-30 issuer=R12 key=ed25519|rsa2048|rsa1024|p256|p224}
//
// is {tls.crt: …, tls.key: …} with a leaf of that issuer and, behind it, the issuer's
// own certificate, which a root of the name ISRG Root X1 has signed. All of its words are
// optional; dates are UTC, from and until are 30 days before and 60 days after noon.
//
//	org=…            organization of the issuer (default Let's Encrypt), _ is a blank
//	chain=leaf       what tls.crt has, in this order, of: leaf int root other (an unrelated CA)
//	int-until=…      when the issuer's certificate ends
//	match=no         the key is another one's
//	names=generic    the keys are cert and key
//	only=crt|key     one of the two
//	serial=7         the leaf's serial number: the same words make the same certificate
//	eku=client ca=yes sha1=yes
//	sct=yes          the leaf has timestamps of a log, as those of public CAs
//	form=twice|cut   the values are base64 of base64; tls.crt is without its last line
//	ca=ISSUER        in ${ca …}: a CA's certificate alone
//
// ${bundle cn=… from=… until=…} is base64 of a self-signed CA in PEM, as a caBundle;
// with of=root it is the root of all pairs, with of=leaf a leaf of one (dns=… and so on),
// with of=key a private key. Several by and=CN: a second self-signed CA.
// ${two …} is a pair under tls.crt and tls.key and another one, which has expired, under
// cert and key.
func expand(t *testing.T, text string) string {
	t.Helper()
	return regexp.MustCompile(`\$\{(\w+)([^}]*)\}`).ReplaceAllStringFunc(text, func(macro string) string {
		words := strings.Fields(strings.Trim(macro, "${}"))
		w := wish{}
		for _, word := range words[1:] {
			name, value, _ := strings.Cut(word, "=")
			w[name] = strings.ReplaceAll(value, "_", " ")
		}
		switch words[0] {
		case "pair":
			return w.pair(t)
		case "two":
			old := wish{"names": "generic", "dns": w["dns"], "from": "2026-07-01", "until": "2026-09-29"}
			return strings.TrimSuffix(w.pair(t), "}") + ", " + strings.TrimPrefix(old.pair(t), "{")
		case "bundle":
			return base64.StdEncoding.EncodeToString(w.bundle(t))
		}
		t.Fatalf("unknown macro %s", macro)
		return ""
	})
}

// wish is the words of a macro.
type wish map[string]string

func (w wish) or(name, standard string) string {
	if value, ok := w[name]; ok {
		return value
	}
	return standard
}

func (w wish) time(t *testing.T, name string, standard time.Time) time.Time {
	t.Helper()
	value, ok := w[name]
	if !ok {
		return standard
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, value); err == nil {
			return at
		}
	}
	t.Fatalf("%s=%s is no time", name, value)
	return time.Time{}
}

// rsaKey is one key for all accounts: it takes half a second to find one.
var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// keyOf makes the same Ed25519 key of the same name; there is one RSA key of 2048 bits,
// and other kinds are new each time.
func keyOf(t *testing.T, kind, name string) crypto.Signer {
	t.Helper()
	var key crypto.Signer
	var err error
	switch kind {
	case "ed25519":
		seed := sha256.Sum256([]byte(name))
		key = ed25519.NewKeyFromSeed(seed[:])
	case "p256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "p224":
		key, err = ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	case "rsa2048":
		key, err = rsaKey()
	default:
		bits, bad := strconv.Atoi(strings.TrimPrefix(kind, "rsa"))
		if bad != nil {
			t.Fatalf("key=%s", kind)
		}
		key, err = rsa.GenerateKey(rand.Reader, bits)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (w wish) pair(t *testing.T) string {
	t.Helper()
	issuer := w.or("issuer", "R12")
	leafKey := keyOf(t, w.or("key", "ed25519"), "leaf "+w["dns"]+w["serial"])
	root, rootKey := w.template(t, "ISRG Root X1", 1, true), keyOf(t, "ed25519", "root")
	intermediate, issuerKey := w.template(t, issuer, 2, true), keyOf(t, "ed25519", issuer)
	intermediate.NotAfter = w.time(t, "int-until", intermediate.NotAfter)
	blocks := map[string][]byte{
		"leaf":  certify(t, w.leaf(t), leafKey, intermediate, issuerKey),
		"int":   certify(t, intermediate, issuerKey, root, rootKey),
		"root":  certify(t, root, rootKey, root, rootKey),
		"other": certify(t, w.template(t, "Other CA", 3, true), keyOf(t, "ed25519", "other"), root, rootKey),
	}
	if w["self"] == "yes" {
		leaf := w.leaf(t)
		leaf.Subject = pkix.Name{CommonName: issuer}
		blocks["leaf"] = certify(t, leaf, leafKey, leaf, leafKey)
		w["chain"] = "leaf"
	}
	var crt []byte
	for block := range strings.SplitSeq(w.or("chain", "leaf,int"), ",") {
		crt = append(crt, blocks[block]...)
	}
	if w["match"] == "no" {
		leafKey = keyOf(t, "ed25519", "another")
	}
	der, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string][]byte{"crt": crt, "key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})}
	if w["with"] == "ca" {
		values["ca"] = blocks["root"]
	}
	if w["form"] == "twice" {
		for part, value := range values {
			values[part] = []byte(base64.StdEncoding.EncodeToString(value))
		}
	}
	if w["form"] == "cut" {
		values["crt"] = crt[:bytes.LastIndex(crt, []byte("-----END"))]
	}
	names := map[string]string{"crt": "tls.crt", "key": "tls.key", "ca": "ca.crt"}
	if w["names"] == "generic" {
		names = map[string]string{"crt": "cert", "key": "key", "ca": "cacert"}
	}
	var fields []string
	for _, part := range []string{"crt", "key", "ca"} {
		if value, ok := values[part]; ok && (w["only"] == "" || w["only"] == part) {
			fields = append(fields, fmt.Sprintf("%s: %q", names[part], base64.StdEncoding.EncodeToString(value)))
		}
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

// leaf is the template of the server's certificate.
func (w wish) leaf(t *testing.T) *x509.Certificate {
	t.Helper()
	serial, err := strconv.ParseInt(w.or("serial", "100"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: w["cn"]},
		NotBefore: w.time(t, "from", noon.AddDate(0, 0, -30)), NotAfter: w.time(t, "until", noon.AddDate(0, 0, 60)),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
		IsCA: w["ca"] == "yes",
	}
	if w["dns"] != "" {
		c.DNSNames = strings.Split(w["dns"], ",")
	}
	if w["ip"] != "" {
		c.IPAddresses = []net.IP{net.ParseIP(w["ip"])}
	}
	if w["sct"] == "yes" {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}, Value: []byte{4, 0}}}
	}
	if w["eku"] == "client" {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	return c
}

// template is that of a CA.
func (w wish) template(t *testing.T, name string, serial int64, ca bool) *x509.Certificate {
	t.Helper()
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name, Organization: []string{w.or("org", "Let's Encrypt")}},
		NotBefore: noon.AddDate(-1, 0, 0), NotAfter: noon.AddDate(3, 0, 0), IsCA: ca, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
}

func (w wish) bundle(t *testing.T) []byte {
	t.Helper()
	root, rootKey := w.template(t, "ISRG Root X1", 1, true), keyOf(t, "ed25519", "root")
	switch w["of"] {
	case "root":
		return certify(t, root, rootKey, root, rootKey)
	case "leaf":
		return certify(t, w.leaf(t), keyOf(t, "ed25519", "leaf "+w["dns"]+w["serial"]), root, rootKey)
	case "key":
		der, err := x509.MarshalPKCS8PrivateKey(rootKey)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	}
	text := w.authority(t, w.or("cn", "webhook CA"))
	if w["and"] != "" {
		text = append(text, wish{}.authority(t, w["and"])...)
	}
	return text
}

func (w wish) authority(t *testing.T, name string) []byte {
	t.Helper()
	c := w.template(t, name, 4, true)
	c.NotBefore, c.NotAfter = w.time(t, "from", c.NotBefore), w.time(t, "until", c.NotAfter)
	key := keyOf(t, "ed25519", name)
	return certify(t, c, key, c, key)
}

func certify(t *testing.T, c *x509.Certificate, key crypto.Signer, by *x509.Certificate, byKey crypto.Signer) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, by, key.Public(), byKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: slices.Clone(der)})
}
