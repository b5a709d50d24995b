//go:build !windows

package byhand

import (
	"bytes"
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/pkg/kubetest/tool"
)

// world is a scripted API server, and a script that looks at it with the real kubectl
// and the real openssl.
type world struct {
	t        *testing.T
	server   *kubetest.Server
	dir      string
	out      bytes.Buffer
	plan     Plan
	env      []string
	root, ca *issued
}

func newWorld(t *testing.T) *world {
	t.Helper()
	root := mint(t, nil, "Test root", ca)
	return newWorldOf(t, root, mint(t, root, "Test intermediate", ca))
}

// newWorldOf is a world with these CAs.
func newWorldOf(t *testing.T, root, intermediate *issued) *world {
	t.Helper()
	kubectl := tool.Find(t, "kubectl")
	w := &world{t: t, server: kubetest.Start(t), dir: t.TempDir(), root: root, ca: intermediate}
	w.plan.KubectlArgs = []string{"--namespace=it's another"}
	for _, dir := range []string{"bin", "tmp"} {
		w.must(os.Mkdir(filepath.Join(w.dir, dir), 0o755))
	}
	w.must(os.Symlink(kubectl, filepath.Join(w.dir, "bin", "kubectl")))
	tool.Find(t, "openssl")
	w.set("root.pem", w.root.pem())
	w.env = []string{"WORLD=" + w.dir, "KUBECONFIG=" + w.server.KubeconfigFile(t), "HOME=" + w.dir, "SSL_CERT_FILE=" + filepath.Join(w.dir, "root.pem"),
		"TMPDIR=" + filepath.Join(w.dir, "tmp"), "PATH=" + filepath.Join(w.dir, "bin") + ":" + os.Getenv("PATH")}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) set(file, text string) {
	w.t.Helper()
	w.must(os.WriteFile(filepath.Join(w.dir, file), []byte(text), 0o755))
}

// get is a file of the world; empty when there is none.
func (w *world) get(file string) string {
	text, _ := os.ReadFile(filepath.Join(w.dir, file))
	return string(text)
}

// store makes a Secret of keys and values.
func (w *world) store(namespace, name string, keysAndValues ...string) {
	w.t.Helper()
	data := map[string][]byte{}
	for i := 0; i < len(keysAndValues); i += 2 {
		data[keysAndValues[i]] = []byte(keysAndValues[i+1])
	}
	for key, value := range data { // for the kubectl that is played
		w.must(os.MkdirAll(filepath.Join(w.dir, "secrets", namespace, name), 0o755))
		w.set(filepath.Join("secrets", namespace, name, key), string(value))
	}
	w.must(w.server.Apply(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: data}))
}

// secret makes the Secret shop/web-tls, and has the script look at it.
func (w *world) secret(hosts []string, keysAndValues ...string) *Secret {
	w.t.Helper()
	w.store("shop", "web-tls", keysAndValues...)
	w.plan.Chains = []Chain{{Door: "Gateway shop/web", Secrets: []Secret{{Namespace: "shop", Name: "web-tls", Certificate: "tls.crt", Key: "tls.key", Hosts: hosts}}}}
	return &w.plan.Chains[0].Secrets[0]
}

// pair is secret for a certificate that the intermediate CA has signed.
func (w *world) pair(leaf *issued, hosts ...string) *Secret {
	w.t.Helper()
	return w.secret(hosts, "tls.crt", leaf.pem()+w.ca.pem(), "tls.key", leaf.keyPEM(w.t))
}

// record has the arguments of kubectl and openssl written down in the file calls.
func (w *world) record() {
	w.t.Helper()
	for _, name := range []string{"kubectl", "openssl"} {
		path := tool.Find(w.t, name)
		w.must(os.RemoveAll(filepath.Join(w.dir, "bin", name)))
		w.set("bin/"+name, "#!/bin/sh\necho \""+name+" $*\" >>'"+w.dir+"/calls'\nexec "+path+" \"$@\"\n")
	}
}

// play has testdata/kubectl stand in for kubectl, which is quicker.
func (w *world) play() {
	w.t.Helper()
	path, err := filepath.Abs("testdata/kubectl")
	w.must(err)
	w.must(os.Remove(filepath.Join(w.dir, "bin", "kubectl")))
	w.must(os.Symlink(path, filepath.Join(w.dir, "bin", "kubectl")))
}

// start runs the plan's script. CERTCHECK_BASH names another bash.
func (w *world) start(flags ...string) *exec.Cmd {
	w.t.Helper()
	w.set("script", write(w.t, w.plan))
	// A signal that is ignored here, as under nohup, could not be trapped there.
	args := append([]string{"--default-signal=INT,HUP,TERM", tool.Find(w.t, cmp.Or(os.Getenv("CERTCHECK_BASH"), "bash"))}, flags...)
	cmd := exec.Command("env", append(args, filepath.Join(w.dir, "script"))...)
	cmd.Env, cmd.Dir = append(os.Environ(), w.env...), w.dir
	w.out.Reset()
	cmd.Stdout, cmd.Stderr = &w.out, &w.out
	cmd.WaitDelay = 5 * time.Second
	w.must(cmd.Start())
	w.t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd
}

// end waits for the script, which has to have this exit status, and to leave no files.
func (w *world) end(cmd *exec.Cmd, status int) {
	w.t.Helper()
	timer := time.AfterFunc(3*time.Minute, func() {
		w.t.Error("the script does not end")
		_ = cmd.Process.Kill()
	})
	defer timer.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != status {
		w.t.Errorf("exit status %d, want %d:\n%s", got, status, w.out.String())
	}
	if left, err := os.ReadDir(filepath.Join(w.dir, "tmp")); err != nil || len(left) > 0 {
		w.t.Errorf("it has left %v, %v", left, err)
	}
}

func (w *world) run(status int, flags ...string) {
	w.t.Helper()
	w.end(w.start(flags...), status)
}

// judged are the lines with a verdict.
func (w *world) judged() []string {
	var all []string
	for line := range strings.Lines(w.out.String()) {
		for _, verdict := range []string{"   ok      ", "   ?       ", "   NOT OK  "} {
			if strings.HasPrefix(line, verdict) {
				all = append(all, strings.Join(strings.Fields(line), " "))
			}
		}
	}
	return all
}

// want compares the lines with a verdict; one that ends with ... may go on.
func (w *world) want(want ...string) {
	w.t.Helper()
	same := func(got, want string) bool {
		prefix, cut := strings.CutSuffix(want, "...")
		return got == want || (cut && strings.HasPrefix(got, prefix))
	}
	if got := w.judged(); !slices.EqualFunc(got, want, same) {
		w.t.Errorf("judged:\n%s\nwant\n%s\nsaid:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), w.out.String())
	}
}

func (w *world) wantSaid(texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		if !strings.Contains(w.out.String(), text) {
			w.t.Errorf("said:\n%s\nwant %q in it", w.out.String(), text)
		}
	}
}
