package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/pkg/kubetest/tool"
)

// The script names the containers and files that match now, and passes
// shellcheck; what it cannot do is said.
func TestPrintScript(t *testing.T) {
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	m.pod("web-1")
	m.text("web-0", "a 1.log", "")
	m.text("web-0", "b.log", "")
	m.text("web-1", "c.log", "")
	run := start(t, m.srv, "-n", "shop", "web", "--file", "*.log", "--file", "/etc/it's", "--stdout", "-i", "ERROR", "--as", "jane doe", "--print-script")
	if err := run.Wait(); err != nil {
		t.Fatal(err)
	}
	text := run.Out.String()
	for _, want := range []string{
		"\nown_log shop web-0 app\n", "\nown_log shop web-1 app\n",
		"\nfile shop web-0 app 'a 1.log'\n", "\nfile shop web-0 app b.log\n", "\nfile shop web-1 app c.log\n",
		"\nfile shop web-0 app '/etc/it'\\''s'\n", "'--as=jane doe'", "-n 10 -F",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the script lacks %q", want)
		}
	}
	run.Says("the script does without --include")
	path := filepath.Join(t.TempDir(), "printed.sh")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(tool.Find(t, "shellcheck"), path).CombinedOutput(); err != nil {
		t.Errorf("shellcheck: %v\n%s", err, out)
	}
}

func TestPrintScriptOfNothing(t *testing.T) {
	srv := kubetest.Start(t)
	webPod(t, srv, "api-0")
	run := start(t, srv, "-n", "shop", "web", "--print-script")
	if err := run.Wait(); err == nil || !strings.Contains(err.Error(), "no container that runs is selected in namespace \"shop\"") {
		t.Errorf("ended with %v", err)
	}
	if run.Out.String() != "" {
		t.Errorf("stdout: %q", run.Out.String())
	}
}
