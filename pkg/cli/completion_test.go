package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// completion runs the command of a plugin.
func completion(t *testing.T, name string, args ...string) (out, talk string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := NewCommand(name)
	cmd.SetOut(&stdout)
	cmd.SetErr(&stderr)
	cmd.SetArgs(append([]string{"completion"}, args...))
	err = cmd.Execute()
	return stdout.String(), stderr.String(), err
}

// TestCompletionIsTheFile: what is printed are the bytes of the file in the repository,
// which archives and `make build` bring along.
func TestCompletionIsTheFile(t *testing.T) {
	mains, err := filepath.Glob("../../plugins/kubectl-*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatalf("there are no plugins: %v", err)
	}
	for _, path := range mains {
		folder := filepath.Dir(path)
		name := strings.TrimPrefix(filepath.Base(folder), "kubectl-")
		file := filepath.Join(folder, "kubectl_complete-"+name)
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := completion(t, name); err != nil || got != string(want) {
			t.Errorf("%s: %v; printed:\n%s", file, err, got)
		}
		if info, err := os.Stat(file); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s is not executable (%v)", file, err)
		}
	}
}

// TestCompletionSaysWhere to put it: beside the plugin, which is on PATH.
func TestCompletionSaysWhere(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "with space")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "kubectl-demo"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		bin:         "\n  kubectl demo completion > '" + bin + "/kubectl_complete-demo'\n  chmod +x '" + bin + "/kubectl_complete-demo'\n",
		t.TempDir(): "\n  kubectl demo completion > FOLDER/kubectl_complete-demo\n  chmod +x FOLDER/kubectl_complete-demo\n",
	} {
		t.Setenv("PATH", path)
		if _, talk, err := completion(t, "demo"); err != nil || !strings.HasSuffix(talk, want) || !strings.Contains(talk, "on PATH") {
			t.Errorf("%v: %q, want %q", err, talk, want)
		}
	}
}

// TestCompletionAlone: it is in the help, and cobra's own command of this name, which has
// a command for each shell, is not there.
func TestCompletionAlone(t *testing.T) {
	if out, _, err := completion(t, "demo", "bash"); err == nil || out != "" {
		t.Errorf("`completion bash`: %v, %q", err, out)
	}
	var help bytes.Buffer
	cmd := NewCommand("demo")
	cmd.SetOut(&help)
	cmd.SetArgs([]string{"--help"})
	if err := cmd.Execute(); err != nil || !strings.Contains(help.String(), "\n  completion  Print the executable") {
		t.Errorf("%v:\n%s", err, &help)
	}
}
