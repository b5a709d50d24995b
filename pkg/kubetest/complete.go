package kubetest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Completion is a plugin whose words the kubectl on PATH completes, as a shell asks it.
type Completion struct {
	t   testing.TB
	env []string
}

// NewCompletion puts the plugin kubectl-name and what `kubectl name completion` prints on
// a PATH of their own. The plugin is the test's own binary, which asPlugin, "NAME=value"
// in its environment, makes the plugin. What is printed has to be the bytes of script,
// the file in the repository.
func NewCompletion(t testing.TB, s *Server, name, asPlugin, script string) *Completion {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "kubectl-"+name)); err != nil {
		t.Fatal(err)
	}
	c := &Completion{t: t, env: append(os.Environ(), asPlugin, "HOME="+t.TempDir(), "KUBECONFIG="+s.KubeconfigFile(t),
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))}
	file := filepath.Join(bin, "kubectl_complete-"+name)
	printed, advice := c.kubectl(name, "completion")
	if want, err := os.ReadFile(script); err != nil || printed != string(want) {
		t.Errorf("`kubectl %s completion` prints what is not in %s (%v):\n%s", name, script, err, printed)
	}
	if !strings.Contains(advice, " > "+file+"\n") {
		t.Errorf("`kubectl %s completion` does not say to put it at %s:\n%s", name, file, advice)
	}
	if err := os.WriteFile(file, []byte(printed), 0o755); err != nil {
		t.Fatal(err)
	}
	return c
}

// Words returns what may follow `kubectl args`, without descriptions; the last argument is
// the word that is being typed.
func (c *Completion) Words(args ...string) []string {
	c.t.Helper()
	out, _ := c.kubectl(append([]string{"__complete"}, args...)...)
	var words []string
	for line := range strings.Lines(out) {
		word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		words = append(words, word)
	}
	if len(words) == 0 || !strings.HasPrefix(words[len(words)-1], ":") {
		c.t.Fatalf("kubectl %q: no directive at the end of %q", args, out)
	}
	return words[:len(words)-1]
}

func (c *Completion) kubectl(args ...string) (out, talk string) {
	c.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(c.t.Context(), "kubectl", args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = c.env, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		c.t.Fatalf("kubectl %q: %v\n%s", args, err, &stderr)
	}
	return stdout.String(), stderr.String()
}
