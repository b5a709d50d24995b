package recreate

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const accessToken = "ya29.this-is-the-token"

// keyFile writes the key of a service account that gets its tokens at tokenURI, and
// has it found. It returns the key.
func keyFile(t *testing.T, tokenURI string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	raw, err := json.Marshal(map[string]string{"type": "service_account", "client_email": "a@b", "private_key_id": "1", "private_key": text, "token_uri": tokenURI})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", path)
	return text
}

// withCredentials asks a TLS server with credentials of the environment.
func withCredentials(t *testing.T, api http.HandlerFunc) *Google {
	t.Helper()
	s := httptest.NewTLSServer(api)
	t.Cleanup(s.Close)
	g, err := NewGCE(GCEOptions{Endpoint: s.URL + "/compute/v1", RetryFor: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	g.api.(*rest).client.Transport = s.Client().Transport
	return g
}

func TestTokensAreSentAndNeverShown(t *testing.T) {
	asked := 0
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked == 1 {
			w.WriteHeader(http.StatusServiceUnavailable) // which passes
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token": %q, "token_type": "Bearer", "expires_in": 3600}`, accessToken) //nolint:errcheck // a test's server
	}))
	defer tokens.Close()
	keyFile(t, tokens.URL)
	var sent string
	g := withCredentials(t, func(w http.ResponseWriter, r *http.Request) {
		sent = r.Header.Get("Authorization")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"error": {"message": "%s is not good enough", "errors": [{"reason": "forbidden"}]}}`, sent) //nolint:errcheck // a test's server
	})
	_, err := g.Recreate(t.Context(), targetOf(member("a")))
	wantError(t, err, "is not good enough")
	if asked != 2 {
		t.Errorf("%d tokens were asked for, want 2: the first time the server had trouble", asked)
	}
	if sent != "Bearer "+accessToken {
		t.Errorf("Authorization %q", sent)
	}
	if strings.Contains(err.Error(), accessToken) {
		t.Errorf("%q shows the token", err)
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // what it lacks is empty
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error": "invalid_grant", "error_description": "Account has been\ndisabled", "echo": %q}`, r.Form.Get("assertion")) //nolint:errcheck // a test's server
	}))
	defer tokens.Close()
	key := keyFile(t, tokens.URL)
	g := withCredentials(t, func(http.ResponseWriter, *http.Request) { t.Error("a request without a token") })
	_, err := g.Recreate(t.Context(), targetOf(member("a")))
	wantError(t, err, "no access token", "invalid_grant: Account has been disabled", "gcloud auth application-default login")
	if strings.Contains(err.Error(), "echo") || strings.Contains(err.Error(), key[100:140]) {
		t.Errorf("%q shows more than the reason", err)
	}
}

func TestNoCredentials(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"missing": "", "broken": `{"type": "service_account", "private_key": "hunter2`, "unknown": `{"type": "hunter2"}`} {
		path := filepath.Join(dir, name+".json")
		if content != "" {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", path)
		g := withCredentials(t, func(http.ResponseWriter, *http.Request) { t.Error("a request without credentials") })
		_, err := g.Recreate(t.Context(), targetOf(member("a")))
		wantError(t, err, "no usable credentials", "gcloud auth application-default login", "Workload Identity", "GOOGLE_APPLICATION_CREDENTIALS")
		if name == "broken" && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q shows a key", err)
		}
	}
}

func TestTokensThatNeverCome(t *testing.T) {
	stop := make(chan struct{})
	tokens := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	defer tokens.Close()
	defer close(stop)
	keyFile(t, tokens.URL)
	g := withCredentials(t, func(http.ResponseWriter, *http.Request) { t.Error("a request without a token") })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		_, err := g.Recreate(ctx, targetOf(member("a")))
		failed <- err
	}()
	select {
	case err := <-failed:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want that the time is over", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it waits for the token after its context's end")
	}
}
