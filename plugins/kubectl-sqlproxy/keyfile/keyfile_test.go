package keyfile

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// privateKey is a key made for this run, in PEM.
var privateKey = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
})

// file is a service account's key, changed; a nil value takes a field away.
func file(t *testing.T, change map[string]any) []byte {
	t.Helper()
	fields := map[string]any{
		"type": "service_account", "project_id": "shop", "private_key_id": "0123abcd", "private_key": privateKey(),
		"client_email": "sql-proxy@shop.iam.gserviceaccount.com", "client_id": "1", "token_uri": "https://oauth2.example/token",
	}
	for name, value := range change {
		if fields[name] = value; value == nil {
			delete(fields, name)
		}
	}
	text, err := json.MarshalIndent(fields, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestInspect(t *testing.T) {
	t.Parallel()
	pkcs1 := func() string {
		block, _ := pem.Decode([]byte(privateKey()))
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key.(*rsa.PrivateKey))}))
	}
	good := file(t, nil)
	for _, test := range []struct {
		name  string
		value []byte
		want  Shape // without its Length
		says  string
	}{
		{"a key", good, Shape{Type: "service_account", Email: "sql-proxy@shop.iam.gserviceaccount.com", Project: "shop"}, "the key of sql-proxy@shop.iam.gserviceaccount.com"},
		{"in the older form", file(t, map[string]any{"private_key": pkcs1()}), Shape{Type: "service_account", Email: "sql-proxy@shop.iam.gserviceaccount.com", Project: "shop"}, "the key of"},
		{"of a project with a domain", file(t, map[string]any{"project_id": "example.com:shop"}), Shape{Type: "service_account", Email: "sql-proxy@shop.iam.gserviceaccount.com", Project: "example.com:shop"}, "the key of"},
		{"with blanks around it", append([]byte("\n "), good...), Shape{Type: "service_account", Email: "sql-proxy@shop.iam.gserviceaccount.com", Project: "shop"}, "the key of"},
		{"nothing", nil, Shape{Fault: Empty}, "0 bytes, empty"},
		{"a newline", []byte("\n"), Shape{Fault: Empty}, "1 bytes, empty"},
		{"the key alone", []byte(privateKey()), Shape{Fault: NotJSON}, "not JSON"},
		{"cut off", good[:len(good)/2], Shape{Fault: NotJSON}, "not JSON"},
		{"more than one", append(append([]byte{}, good...), good...), Shape{Fault: NotJSON}, "not JSON"},
		{"encoded twice", []byte(base64.StdEncoding.EncodeToString(good)), Shape{Fault: TwiceEncoded}, "base64 of base64"},
		{"encoded twice, in lines", []byte(lines(base64.StdEncoding.EncodeToString(good), 76)), Shape{Fault: TwiceEncoded}, "base64 of base64"},
		{"encoded text", []byte(base64.StdEncoding.EncodeToString([]byte("hello"))), Shape{Fault: NotJSON}, "not JSON"},
		{"{}", []byte("{}"), Shape{Fault: NoType}, "no type"},
		{"a list", []byte("[1]"), Shape{Fault: NoType}, "no type"},
		{"a text", []byte(`"x"`), Shape{Fault: NoType}, "no type"},
		{"a type that is a number", []byte(`{"type":5}`), Shape{Fault: NoType}, "no type"},
		{"no address", file(t, map[string]any{"client_email": nil}), Shape{Fault: NoEmail}, "no client_email"},
		{"the key for an address", file(t, map[string]any{"client_email": privateKey()}), Shape{Fault: NoEmail}, "no client_email"},
		{"the key for a project", file(t, map[string]any{"project_id": privateKey()}), Shape{Type: "service_account", Email: "sql-proxy@shop.iam.gserviceaccount.com"}, "the key of"},
		{"no key", file(t, map[string]any{"private_key": nil}), Shape{Fault: NoKey}, "no private_key"},
		{"no PEM", file(t, map[string]any{"private_key": "x"}), Shape{Fault: BadKey}, "no PEM key"},
		{"newlines lost", file(t, map[string]any{"private_key": strings.ReplaceAll(privateKey(), "\n", " ")}), Shape{Fault: BadKey}, "no PEM key"},
		{"a key of nothing", file(t, map[string]any{"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}))}), Shape{Fault: BadKey}, "no PEM key"},
		{"gcloud's own", []byte(`{"type":"authorized_user","refresh_token":"s3cret"}`), Shape{Fault: OtherType, Type: "authorized_user"}, `type "authorized_user"`},
		{"federated", []byte(`{"type":"external_account","audience":"x"}`), Shape{Fault: OtherType, Type: "external_account"}, `type "external_account"`},
		{"a secret for a type", []byte(`{"type":"s3cret"}`), Shape{Fault: OtherType, Type: "unknown"}, `type "unknown"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := Inspect(test.value)
			test.want.Length = len(test.value)
			if got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
			if !strings.Contains(got.String(), test.says) {
				t.Errorf("%q, want %q in it", got, test.says)
			}
			if usable := got.Fault == Good || got.Fault == OtherType; got.Usable() != usable {
				t.Errorf("usable: %v", got.Usable())
			}
			if leak := leaked(got); leak != "" {
				t.Errorf("it shows %q", leak)
			}
		})
	}
}

func lines(text string, width int) string {
	var b strings.Builder
	for len(text) > width {
		b.WriteString(text[:width] + "\n")
		text = text[width:]
	}
	return b.String() + text + "\n"
}

// leaked is what of a private key, or of another secret of these tests, a shape shows.
func leaked(s Shape) string {
	shown := fmt.Sprintf("%s %v %+v %#v %q", s, s, s, s, s)
	for _, line := range append(strings.Fields(privateKey()), "s3cret") {
		if len(line) > 4 && line != "PRIVATE" && strings.Contains(shown, line) {
			return line
		}
	}
	return ""
}

// FuzzInspect: nothing panics, and whatever is no address of an account is not shown.
func FuzzInspect(f *testing.F) {
	f.Add([]byte(`{"type":"service_account","client_email":"a@b","private_key":"x"}`))
	f.Add([]byte(`{"type":"authorized_user","refresh_token":"s3cret"}`))
	f.Add([]byte("eyJ0eXBlIjoieCJ9"))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, value []byte) {
		s := Inspect(value)
		if s.Length != len(value) {
			t.Errorf("length %d of %d", s.Length, len(value))
		}
		if s.Fault != Good && (s.Email != "" || s.Project != "") {
			t.Errorf("%+v is of no key and says whose", s)
		}
		for _, shown := range []string{s.Email, s.Project} {
			if strings.ContainsAny(shown, " \n\t/+=") || len(shown) > 254 {
				t.Errorf("it shows %q", shown)
			}
		}
		if s.Fault == OtherType && s.Type != known(s.Type) {
			t.Errorf("it shows the type %q", s.Type)
		}
	})
}
