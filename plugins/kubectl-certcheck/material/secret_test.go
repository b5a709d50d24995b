package material

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

// traces are the forms in which the secret numbers of a key could be printed.
func traces(numbers ...[]byte) (out []string) {
	for _, n := range numbers {
		for len(n) > 0 && n[0] == 0 {
			n = n[1:]
		}
		n = n[:min(16, len(n))] // a part is bad enough
		list := strings.Trim(fmt.Sprint(n), "[]")
		goList := strings.Trim(strings.TrimPrefix(fmt.Sprintf("%#v", n), "[]byte"), "{}")
		out = append(out, string(n), hex.EncodeToString(n), list, strings.ReplaceAll(list, " ", ","), goList)
		// base64 of them begins at any of three places in the text
		for skip := range 3 {
			out = append(out, base64.StdEncoding.EncodeToString(n[skip:skip+12]))
		}
	}
	return out
}

// printed is all that can be made of a value.
func printed(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%v %+v %#v %s %x %d ", value, value, value, value, value, value) + string(text)
}

// reach calls f for everything that a value leads to, unexported fields included.
func reach(v reflect.Value, seen map[unsafe.Pointer]bool, f func(reflect.Value)) {
	if !v.IsValid() {
		return
	}
	f(v)
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !seen[v.UnsafePointer()] {
			seen[v.UnsafePointer()] = true
			reach(v.Elem(), seen, f)
		}
	case reflect.Interface:
		reach(v.Elem(), seen, f)
	case reflect.Struct:
		for i := range v.NumField() {
			reach(v.Field(i), seen, f)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			reach(v.Index(i), seen, f)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			reach(v.MapIndex(key), seen, f)
		}
	}
}

// TestNoKeyIsShown: whatever a key's bytes are wrapped in, nothing of them is in
// what Parse returns, and nothing that could be printed leads to them.
func TestNoKeyIsShown(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	ecBytes, _ := ecKey.Bytes()
	sec1, _ := x509.MarshalECPrivateKey(ecKey)
	for kind, c := range map[string]struct {
		der     []byte
		secrets []string
	}{
		"RSA":      {x509.MarshalPKCS1PrivateKey(rsaKey), traces(rsaKey.D.Bytes(), rsaKey.Primes[0].Bytes(), rsaKey.Primes[1].Bytes())},
		"RSA in 8": {pkcs8(t, rsaKey), traces(rsaKey.D.Bytes(), rsaKey.Primes[0].Bytes())},
		"EC":       {sec1, append(traces(ecBytes), new(big.Int).SetBytes(ecBytes).String())},
		"Ed25519":  {pkcs8(t, edKey), traces(edKey.Seed())},
	} {
		for form, data := range wrapped(c.der) {
			pair := ParsePair(data, data)
			shown := printed(t, pair) + printed(t, *pair.Certificates) + printed(t, *pair.Key) + printed(t, Parse(data, Anything))
			for _, block := range append(pair.Certificates.Blocks, pair.Key.Blocks...) {
				shown += printed(t, block)
				if block.Key != nil {
					shown += printed(t, *block.Key) + printed(t, block.Key)
				}
			}
			reach(reflect.ValueOf(pair), map[unsafe.Pointer]bool{}, func(v reflect.Value) {
				if v.Kind() == reflect.String {
					shown += v.String() + "\n"
				}
				if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
					shown += string(v.Bytes()) + "\n"
				}
				if strings.Contains(v.Type().String(), "PrivateKey") {
					t.Errorf("%s, %s: a %s is kept", kind, form, v.Type())
				}
			})
			for i, secret := range c.secrets {
				if strings.Contains(shown, secret) {
					t.Errorf("%s, %s: trace %d of the key is shown", kind, form, i)
				}
			}
		}
	}
}

// wrapped is the key in all forms and in all places where it may turn up.
func wrapped(der []byte) map[string][]byte {
	good := armour("PRIVATE KEY", der)
	flipped := bytes.Clone(der)
	flipped[4] ^= 0x55
	text := base64.StdEncoding.EncodeToString(der)
	return map[string][]byte{
		"PEM":             good,
		"PKCS#1 label":    armour("RSA PRIVATE KEY", der),
		"SEC 1 label":     armour("EC PRIVATE KEY", der),
		"certificate":     armour("CERTIFICATE", der),
		"unknown label":   armour("THING", der),
		"broken":          armour("PRIVATE KEY", flipped),
		"broken as cert":  armour("CERTIFICATE", flipped),
		"cut off":         good[:len(good)-40],
		"cut off as cert": armour("CERTIFICATE", der[:len(der)-9]),
		"no begin":        good[20:],
		"one line":        bytes.ReplaceAll(good, []byte("\n"), []byte(" ")),
		"escaped":         bytes.ReplaceAll(good, []byte("\n"), []byte(`\n`)),
		"DER":             der,
		"base64":          []byte(text),
		"base64 of PEM":   []byte(base64.StdEncoding.EncodeToString(good)),
		"as label":        []byte("-----BEGIN " + text + "-----\nAAAA\n-----END " + text + "-----\n"),
		"as short labels": []byte("-----BEGIN " + text[30:60] + "-----\n-----END " + text[30:60] + "-----\n"),
		"as header":       []byte("-----BEGIN PRIVATE KEY-----\n" + text + ": " + text + "\n\nAAAA\n-----END PRIVATE KEY-----\n"),
		"broken, headers": []byte("-----BEGIN RSA PRIVATE KEY-----\n" + text + ": " + text + "\nDEK-Info: " + text + "\n\n" + text + "\n-----END X-----\n"),
		"as garbage":      []byte(text + "\n-----BEGIN A-----\nAAAA\n-----END A-----\n" + string(der)),
		"behind the key":  armour("PRIVATE KEY", append(bytes.Clone(der), der...)),
	}
}

// The test above can fail: its traces are found in what does show a key.
func TestTracesAreFound(t *testing.T) {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	secret, _ := key.Bytes()
	der, _ := x509.MarshalECPrivateKey(key)
	for name, text := range map[string]string{
		"bytes": fmt.Sprint(der), "go": fmt.Sprintf("%#v", der), "hex": fmt.Sprintf("%x", der), "base64": base64.StdEncoding.EncodeToString(der),
		"base64+1": base64.StdEncoding.EncodeToString(append([]byte{0}, der...)), "base64+2": base64.StdEncoding.EncodeToString(append([]byte{0, 0}, der...)),
	} {
		found := false
		for _, trace := range traces(secret) {
			found = found || strings.Contains(text, trace)
		}
		if !found {
			t.Errorf("%s: not found", name)
		}
	}
}
