package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/krew"
)

// TestManifests makes a whole release, with another program in place of the plugins, and
// judges krew's manifests and the archives by krew's rules.
func TestManifests(t *testing.T) {
	t.Parallel()
	out, small := filepath.Join(t.TempDir(), "dist"), smallProgram(t)
	r := &release{compile: func(_ context.Context, _, binary string, _ platform) error {
		if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
			return err
		}
		return os.WriteFile(binary, small, 0o755)
	}}
	if err := r.run(t.Context(), []string{"-root", "../..", "-out", out, "-version", "v1.2.3"}); err != nil {
		t.Fatal(err)
	}
	templates, _ := filepath.Glob("../../krew/*.yaml")
	if len(templates) == 0 || len(templates) != len(r.plugins) {
		t.Fatalf("manifests %v of plugins %v", templates, r.plugins)
	}
	for _, template := range templates {
		text, err := os.ReadFile(filepath.Join(out, "krew", filepath.Base(template)))
		if err != nil {
			t.Fatal(err)
		}
		m, err := krew.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if m.Spec.Version != "v1.2.3" || len(m.Spec.Platforms) != len(supported()) {
			t.Errorf("%s: version %s, %d platforms", template, m.Spec.Version, len(m.Spec.Platforms))
		}
		for _, p := range m.Spec.Platforms {
			if !strings.Contains(p.URI, "/v1.2.3/kubectl-"+m.Metadata.Name+"_") {
				t.Errorf("%s: %s", template, p.URI)
			}
		}
	}
	sums := exec.CommandContext(t.Context(), "sha256sum", "--check", "--strict", "--quiet", "checksums.txt")
	sums.Dir = out
	if said, err := sums.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
}

// smallProgram is a Go program that does nothing: quick to pack.
func smallProgram(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module small\n", "main.go": "package main\n\nfunc main() {}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-s -w", "-o", "small", ".")
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "small"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestSBOM lists what is linked into this test.
func TestSBOM(t *testing.T) {
	t.Parallel()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "sbom.json")
	if err := (&release{version: "v1.2.3"}).writeSBOM(path, "mlogs", own); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var doc spdxDocument
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), `"pkg:golang/sigs.k8s.io/yaml@v`) || doc.Packages[0].Version != "v1.2.3" || len(doc.Relationships) != len(doc.Packages) {
		t.Errorf("what is linked is not listed:\n%s", raw)
	}
}

// TestSameBytes builds a plugin twice.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	var archives [2][]byte
	for i := range archives {
		r := &release{root: "../..", out: t.TempDir(), version: "v1.2.3", epoch: 1_700_000_000}
		r.compile = r.goBuild
		if err := r.build(t.Context(), "mlogs", platform{"linux", runtime.GOARCH}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(r.out, "kubectl-mlogs_linux_"+runtime.GOARCH+".tar.gz")
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		archives[i] = raw
		if i == 0 {
			runsFromArchive(t, path)
		}
	}
	if !bytes.Equal(archives[0], archives[1]) {
		t.Error("two builds of the same sources differ")
	}
}

// runsFromArchive unpacks an archive as a user would and runs what is in it.
func runsFromArchive(t *testing.T, path string) {
	t.Helper()
	dir := t.TempDir()
	if said, err := exec.CommandContext(t.Context(), "tar", "-xzf", path, "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	said, err := exec.CommandContext(t.Context(), filepath.Join(dir, "kubectl-mlogs"), "--version").CombinedOutput()
	if err != nil || !strings.Contains(string(said), "v1.2.3") {
		t.Errorf("%v: %s", err, said)
	}
	for _, name := range []string{"LICENSE", "kubectl_complete-mlogs", "man/kubectl-mlogs.1", "man/kubectl-mlogs-completion.1"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestBadFlags(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-platforms", "plan9/amd64", "-root", "../.."}, {"-root", t.TempDir()}, {"-nonsense"}} {
		r := &release{}
		if err := r.run(t.Context(), args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
