package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const known = "example.com:shop:europe-west1:orders,version=POSTGRES_15,ip=10.0.0.1,private-ip=10.0.0.2"

// world is the API, and a client that speaks as the proxy does.
type world struct {
	t    *testing.T
	url  string
	keys authorities
	all  instances
}

func newWorld(t *testing.T, flags ...string) *world {
	t.Helper()
	w := &world{t: t, keys: newAuthorities(t.Name())}
	for _, text := range append([]string{known}, flags...) {
		if err := w.all.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(logged(newAPI(w.all, newAuthorities(t.Name()))))
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// ask gives the status and reads the answer.
func (w *world) ask(method, path string, body, answer any) int {
	w.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, bytes.NewReader(data))
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode
}

func (w *world) settings(project, name string) (settings, int) {
	w.t.Helper()
	var s settings
	code := w.ask(http.MethodGet, "/sql/v1beta4/projects/"+project+"/instances/"+name+"/connectSettings?alt=json&prettyPrint=false", nil, &s)
	return s, code
}

func TestConnectSettings(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"orders", "europe-west1~orders"} {
		s, code := w.settings("example.com%3Ashop", name)
		if code != http.StatusOK || s.DatabaseVersion != "POSTGRES_15" || s.Region != "europe-west1" || len(s.IPAddresses) != 2 ||
			s.IPAddresses[0] != (ipAddress{"PRIMARY", "10.0.0.1"}) || s.IPAddresses[1] != (ipAddress{"PRIVATE", "10.0.0.2"}) {
			t.Errorf("%s: %d %+v", name, code, s)
		}
	}
	for project, name := range map[string]string{"example.com%3Ashop": "us-central1~orders", "other": "orders", "shop": "nothing"} {
		if _, code := w.settings(project, name); code != http.StatusNotFound {
			t.Errorf("%s %s: %d, want 404", project, name, code)
		}
	}
}

func TestFaults(t *testing.T) {
	w := newWorld(t)
	for name, want := range map[string]struct {
		code   int
		reason string
	}{
		"noperm": {403, "notAuthorized"}, "disabled": {403, "accessNotConfigured"}, "scopes": {403, "insufficientPermissions"}, "missing": {404, "instanceDoesNotExist"},
		"quota": {429, "rateLimitExceeded"}, "unauth": {401, "authError"}, "stopped": {400, "invalidState"}, "boom": {503, "backendError"},
	} {
		for _, call := range []struct{ method, path string }{
			{http.MethodGet, "/sql/v1beta4/projects/any/instances/" + name + "/connectSettings"},
			{http.MethodPost, "/sql/v1beta4/projects/any/instances/europe-west1~" + name + ":generateEphemeralCert"},
		} {
			var answer struct {
				Error struct {
					Code    int
					Message string
					Errors  []struct{ Reason, Message string }
				}
			}
			code := w.ask(call.method, call.path, nil, &answer)
			e := answer.Error
			if code != want.code || e.Code != want.code || len(e.Errors) != 1 || e.Errors[0].Reason != want.reason || e.Message == "" || e.Errors[0].Message != e.Message {
				t.Errorf("%s %s: %d %+v, want %+v", call.method, name, code, e, want)
			}
		}
	}
	privonly, _ := w.settings("any", "privonly")
	if got := privonly.IPAddresses; len(got) != 1 || got[0] != (ipAddress{"PRIVATE", "10.0.0.1"}) {
		t.Errorf("privonly: %+v", got)
	}
	noip, _ := w.settings("any", "noip")
	firstgen, _ := w.settings("any", "firstgen")
	dead, _ := w.settings("any", "dead")
	if len(noip.IPAddresses) != 0 || firstgen.BackendType != "FIRST_GEN" || len(dead.IPAddresses) != 1 || dead.IPAddresses[0].IPAddress != "127.0.0.9" {
		t.Errorf("noip %+v, firstgen %+v, dead %+v", noip, firstgen, dead)
	}
	otherca, _ := w.settings("any", "otherca")
	if otherca.ServerCACert.Cert == "" || otherca.ServerCACert.Cert == privonly.ServerCACert.Cert {
		t.Error("otherca: the authority is the true one, or none")
	}
}

func TestToken(t *testing.T) {
	w := newWorld(t)
	var token struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if code := w.ask(http.MethodPost, "/token", nil, &token); code != http.StatusOK || token.AccessToken == "" || token.ExpiresIn != 3600 {
		t.Errorf("%d %+v", code, token)
	}
}

// certificate asks for a client certificate, as the proxy does.
func (w *world) certificate() tls.Certificate {
	w.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		w.t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		w.t.Fatal(err)
	}
	var answer struct{ EphemeralCert certificate }
	code := w.ask(http.MethodPost, "/sql/v1beta4/projects/example.com%3Ashop/instances/orders:generateEphemeralCert",
		map[string]string{"public_key": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: der}))}, &answer)
	block, _ := pem.Decode([]byte(answer.EphemeralCert.Cert))
	if code != http.StatusOK || block == nil {
		w.t.Fatalf("%d %+v", code, answer)
	}
	return tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key}
}

// A client with a certificate of this API gets to the database and one without does not, though API and server-side proxy have only a seed in common.
func TestTunnel(t *testing.T) {
	database, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	go func() {
		for {
			conn, err := database.Accept()
			if err != nil {
				return
			}
			go func() { // says what it has heard when the client has said all
				defer conn.Close()
				heard, _ := io.ReadAll(conn)
				_, _ = conn.Write([]byte(strings.ToUpper(string(heard))))
			}()
		}
	}()
	w := newWorld(t)
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer front.Close()
	i := w.all[0]
	i.database = database.Addr().String()
	go serveInstance(front, i, w.keys)

	s, _ := w.settings("example.com%3Ashop", "orders")
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(s.ServerCACert.Cert)) {
		t.Fatal("no authority")
	}
	config := &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(state tls.ConnectionState) error {
		_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots})
		if name := state.PeerCertificates[0].Subject.CommonName; name != "example.com:shop:orders" {
			t.Errorf("the certificate is for %q", name)
		}
		return err
	}}
	say := func(certificates ...tls.Certificate) (string, error) {
		config := config.Clone()
		config.Certificates = certificates
		conn, err := tls.Dial("tcp", front.Addr().String(), config)
		if err != nil {
			return "", err
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			return "", err
		}
		if _, err := conn.Write([]byte("select 1")); err != nil {
			return "", err
		}
		if err := conn.CloseWrite(); err != nil {
			return "", err
		}
		heard, err := io.ReadAll(conn)
		return string(heard), err
	}
	if got, err := say(w.certificate()); err != nil || got != "SELECT 1" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := say(); err == nil {
		t.Errorf("without a certificate: got %q", got)
	}
}

func TestFlagsAreChecked(t *testing.T) {
	for text, want := range map[string]string{
		"a:b,version=X":                  "not PROJECT:REGION:INSTANCE",
		"a:b:c":                          "version= is needed",
		"a:b:c,version=X,listen=:1":      "need each other",
		"a:b:c,version=X,ip=example.com": "example.com",
		"a:b:c,version=X,port=1":         `unknown key "port"`,
	} {
		var all instances
		if err := all.Set(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	if err := run([]string{"-instance", known}); err == nil || !strings.Contains(err.Error(), "-seed") {
		t.Errorf("without a seed: got %v", err)
	}
}
