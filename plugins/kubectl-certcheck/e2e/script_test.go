//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// The script that --print-script prints sees what is plainly wrong.
func TestPrintedScript(t *testing.T) {
	w := newSimulatedWorld(t)
	w.today()
	w.script(0)
	w.secret(w.gw, "web-tls", w.ca.leaf(t, 91*day, -day, w.host), issued...)
	w.script(3)
}

func (w *world) script(want int) {
	w.t.Helper()
	args := []string{"gateway/web", "-n", w.shop, "--print-script"}
	code, text, stderr := w.run(args...)
	if code != 0 {
		w.t.Fatalf("--print-script: exit code %d: %s", code, stderr)
	}
	path := filepath.Join(w.t.TempDir(), "chain.sh")
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		w.t.Fatal(err)
	}
	run := w.ns.StartCommand([]string{"SSL_CERT_FILE=" + w.roots}, "bash", path)
	if code := run.Wait(); code != want {
		w.t.Errorf("the script: exit code %d, want %d\n%s%s", code, want, run.Stdout(), run.Stderr())
	}
	w.guard(args, run)
}
