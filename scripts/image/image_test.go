package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// built is a folder with a small program for two architectures.
func built(t *testing.T, cgo bool) string {
	t.Helper()
	dir := t.TempDir()
	text := "package main\n\nfunc main() { println(\"works\") }\n"
	if cgo {
		text = "package main\n\n// #include <stdio.h>\nimport \"C\"\n\nfunc main() { C.puts(C.CString(\"x\")) }\n"
	}
	for name, text := range map[string]string{"go.mod": "module small\n", "main.go": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	archs := []string{"amd64", "arm64"}
	env := "CGO_ENABLED=0"
	if cgo {
		archs, env = []string{"amd64"}, "CGO_ENABLED=1"
	}
	for _, arch := range archs {
		cmd := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", "linux_"+arch+"/kubectl-stagger", ".")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), env, "GOARCH="+arch)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
	}
	return dir
}

func TestImage(t *testing.T) {
	dir := built(t, false)
	o := options{build: dir, plugin: "stagger", version: "v1.2.3"}
	index, err := o.index()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var archs []string
	for _, m := range manifest.Manifests {
		archs = append(archs, m.Platform.OS+"/"+m.Platform.Architecture)
		image, err := index.Image(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		checkImage(t, image, m.Platform.Architecture)
	}
	if strings.Join(archs, " ") != "linux/amd64 linux/arm64" {
		t.Errorf("%v", archs)
	}
}

func checkImage(t *testing.T, image v1.Image, arch string) {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if c := config.Config; config.Architecture != arch || c.User != nobody || strings.Join(c.Entrypoint, " ") != "kubectl-stagger" || c.Labels["org.opencontainers.image.version"] != "v1.2.3" {
		t.Errorf("%s: %+v", arch, config)
	}
	files := map[string]int{}
	content := mutate.Extract(image)
	defer content.Close()
	for r := tar.NewReader(content); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = len(text)
		if strings.HasSuffix(h.Name, ".crt") && countCertificates(text) < 100 {
			t.Errorf("%d certificates", countCertificates(text))
		}
		if executable := h.Mode&0o111 != 0; executable != strings.Contains(h.Name, "/bin/") {
			t.Errorf("%s has the mode %o", h.Name, h.Mode)
		}
	}
	if len(files) != 3 || files["usr/local/bin/kubectl-stagger"] == 0 || files["etc/ssl/certs/ca-certificates.crt"] == 0 {
		t.Errorf("%v", files)
	}
}

func countCertificates(text []byte) int {
	n := 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		n++
	}
	return n
}

func TestSameBytes(t *testing.T) {
	dir := built(t, false)
	var archives [2][]byte
	for i := range archives {
		out := filepath.Join(t.TempDir(), "image.tar")
		if err := run(t.Context(), []string{"-build", dir, "-out", out}); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		archives[i] = raw
	}
	if !bytes.Equal(archives[0], archives[1]) {
		t.Error("the same programs give other bytes")
	}
}

func TestOneProgram(t *testing.T) {
	o := options{program: filepath.Join(built(t, false), "linux_arm64", "kubectl-stagger"), plugin: "stagger"}
	index, err := o.index()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 || manifest.Manifests[0].Platform.Architecture != "arm64" {
		t.Errorf("%+v, %v", manifest, err)
	}
}

func TestRefusals(t *testing.T) {
	script := t.TempDir()
	if err := os.MkdirAll(filepath.Join(script, "linux_amd64"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(script, "linux_amd64", "kubectl-stagger"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "image.tar")
	for want, args := range map[string][]string{
		"where to?":              {"-build", script},
		"make dist makes them":   {"-build", t.TempDir(), "-out", out},
		"no program for Linux":   {"-build", script, "-out", out},
		"needs shared libraries": {"-build", built(t, true), "-out", out},
		"is no program":          {"-program", filepath.Join(script, "linux_amd64", "kubectl-stagger"), "-out", out},
		"-push":                  {"-build", built(t, false), "-push", "no such name"},
	} {
		if err := run(t.Context(), args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}
