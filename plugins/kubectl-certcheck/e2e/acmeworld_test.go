//go:build e2e && acme

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// acmeWorld is a running scripts/acme.
type acmeWorld struct {
	Directory string // URL of the ACME directory
	Control   string // URL
}

// startACME starts the program that E2E_ACME names, or builds it, which takes many
// minutes the first time. It ends with the test.
func startACME(t *testing.T) *acmeWorld {
	t.Helper()
	n := realcluster.NewSerial(t)
	program := os.Getenv("E2E_ACME")
	if program == "" {
		program = filepath.Join(t.TempDir(), "acme")
		build := exec.Command("go", "-C", filepath.Join(filepath.Dir(realcluster.Bin()), "scripts", "acme"), "build", "-trimpath", "-o", program, ".")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("building scripts/acme: %v\n%s", err, out)
		}
	}
	run := n.StartCommand(nil, program, "-kubeconfig", realcluster.Kubeconfig())
	run.Prints("\n")
	var w acmeWorld
	if err := json.Unmarshal([]byte(run.Stdout()), &w); err != nil {
		t.Fatal(err)
	}
	return &w
}

// post does one call of the program's control, as "deny", "user", "web", and returns
// the answer.
func (w *acmeWorld) post(t *testing.T, call string, pairs ...string) []byte {
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	answer, err := http.PostForm(w.Control+"/"+call, form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %v: %s %s %v", call, form, answer.Status, text, err)
	}
	return text
}

// acmeNamespace is a namespace in which cert-manager works, with a user of AWS and a
// domain of its own.
type acmeNamespace struct {
	*realcluster.Namespace
	t      *testing.T
	world  *acmeWorld
	domain string
	keys   struct{ AccessKeyID, SecretAccessKey string }
}

func (w *acmeWorld) namespace(t *testing.T) *acmeNamespace {
	t.Helper()
	n := &acmeNamespace{Namespace: realcluster.New(t), t: t, world: w}
	n.domain = n.Name + ".example.test"
	if err := json.Unmarshal(w.post(t, "user", "name", n.Name), &n.keys); err != nil {
		t.Fatal(err)
	}
	w.post(t, "namespace", "name", n.Name)
	t.Cleanup(n.release)
	return n
}

// release lets the namespace end: Challenges wait for a clean-up in Route 53, which some
// of the tests forbid.
func (n *acmeNamespace) release() {
	if dir := os.Getenv("E2E_ACME_RECORD"); dir != "" {
		n.record(dir)
	}
	n.Kubectl("delete", "namespace", n.Name, "--wait=false")
	n.Until("the end of the Challenges", 30*time.Second, func() error {
		names := n.KubectlFields("get", "challenges", "-n", n.Name, "-o", "name")
		for _, name := range names {
			// It may be gone by now.
			_ = n.StartCommand(nil, "kubectl", "patch", "-n", n.Name, name, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`).Wait()
		}
		if len(names) > 0 {
			return fmt.Errorf("%s are left", names)
		}
		return nil
	})
}

// record keeps what cert-manager wrote, to make fixtures of. Secrets are left out.
func (n *acmeNamespace) record(dir string) {
	text := n.Kubectl("get", "certificates,certificaterequests,orders,challenges,issuers,events", "-n", n.Name, "-o", "yaml")
	if err := os.WriteFile(filepath.Join(dir, n.Name+".yaml"), []byte(text), 0o600); err != nil {
		n.t.Error(err)
	}
}

// fill puts names and credentials into a manifest.
func (n *acmeNamespace) fill(text string) string {
	return strings.NewReplacer("$directory", n.world.Directory, "$domain", n.domain, "$key", n.keys.SecretAccessKey, "$id", n.keys.AccessKeyID, "$namespace", n.Name).Replace(text)
}

// shell runs a command line as a user would who has the credentials.
func (n *acmeNamespace) shell(line string) {
	n.t.Helper()
	run := n.StartCommand([]string{"AWS_ACCESS_KEY_ID=" + n.keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + n.keys.SecretAccessKey}, "bash", "-c", line)
	if code := run.Wait(); code != 0 {
		n.t.Fatalf("%s: exit code %d: %s", line, code, run.Stderr())
	}
}
