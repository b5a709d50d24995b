package rules

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// rootsOf are the roots that the certificates of fixtures lead to.
func rootsOf(t *testing.T) *x509.CertPool {
	t.Helper()
	w := wish{}
	root, key := w.template(t, "ISRG Root X1", 1, true), keyOf(t, "ed25519", "root")
	block, _ := pem.Decode(certify(t, root, key, root, key))
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return pool
}

func TestSecretsTrust(t *testing.T) {
	t.Parallel()
	known, none := rootsOf(t), x509.NewCertPool()
	for _, tt := range []struct {
		name    string
		roots   *x509.CertPool
		fixture string
		changes []string
		want    string
	}{
		{"known", known, "SEC03", []string{" match=no", ""}, ""},
		{"unknown", none, "SEC03", []string{" match=no", ""}, "SEC09 warning"},
		{"not judged", nil, "SEC03", []string{" match=no", ""}, ""},
		{"the intermediate is missing", known, "SEC07-missing", nil, "SEC07 error"},
		{"the first intermediate only", none, "SEC07-missing", []string{" chain=leaf", ""}, "SEC07 error"},
		{"self-signed", known, "SEC03", []string{" match=no", " self=yes"}, "SEC09 warning"},
		{"an issuer that is private", none, "SEC13", []string{"issuer-name: zerossl", "issuer-name: letsencrypt",
			"    server: https://acme-v02.api.letsencrypt.org/directory\n", "", "    email: ops@example.com\n", "", "  acme:\n", "  ca:\n    secretName: ca\n"}, "SEC09 info"},
		{"a pod's clients have roots of their own", none, "SEC12", []string{", {key: ca.crt, path: ca.crt}", ""}, ""},
		{"staging says more than unknown", none, "SEC09-staging", nil, "SEC09 warning"},
		{"an expired intermediate, no other way", known, "SEC08", nil, "SEC08 error"},
	} {
		if got := strings.Join(secretsOf(t, tt.fixture, Options{Roots: tt.roots}, tt.changes...), ", "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestSecretsCrossSigned: a root that an older root has signed, which is over, as in the
// chains of Let's Encrypt of 2021. Clients that know it as a root go on.
func TestSecretsCrossSigned(t *testing.T) {
	t.Parallel()
	w := wish{"dns": "shop.example.com"}
	x1, x1Key := w.template(t, "ISRG Root X1", 1, true), keyOf(t, "ed25519", "root")
	old, oldKey := w.template(t, "DST Root CA X3", 9, true), keyOf(t, "ed25519", "dst")
	r3, r3Key := w.template(t, "R3", 2, true), keyOf(t, "ed25519", "R3")
	cross := *x1
	cross.NotAfter = noon.AddDate(0, 0, -5)
	leafKey := keyOf(t, "ed25519", "leaf")
	crt := slices.Concat(certify(t, w.leaf(t), leafKey, r3, r3Key), certify(t, r3, r3Key, x1, x1Key), certify(t, &cross, x1Key, old, oldKey))
	key, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.StdEncoding.EncodeToString
	data := fmt.Sprintf("{tls.crt: %q, tls.key: %q}", encode(crt), encode(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	for name, tt := range map[string]struct {
		roots *x509.CertPool
		want  string
	}{
		"roots not known":       {nil, "SEC08 warning"},
		"the root is known":     {rootsOf(t), "SEC08 warning"},
		"the root is not known": {x509.NewCertPool(), "SEC08 error"},
	} {
		got := secretsOf(t, "SEC03", Options{Roots: tt.roots}, pairOfShop, data)
		got = slices.DeleteFunc(got, func(one string) bool { return strings.HasPrefix(one, "SEC09") })
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s: %v, want %s", name, got, tt.want)
		}
	}
}

// TestPebbleThatWasLeft: one's own server for tests has any name, and only an issuer of
// Let's Encrypt says that it is for tests no more.
func TestPebbleThatWasLeft(t *testing.T) {
	t.Parallel()
	const own = "https://pebble.internal:14000/dir"
	for server, left := range map[string]bool{
		own: false,
		"https://acme-staging-v02.api.letsencrypt.org/directory": false,
		"https://acme-v02.api.letsencrypt.org/directory":         true,
	} {
		for _, f := range edited(t, "SEC09-pebble", own, server).check(t).Findings {
			if f.ID == "SEC09" && left != strings.Contains(f.Cause, "has issued none yet") {
				t.Errorf("%s: %s", server, f.Cause)
			}
		}
	}
}
