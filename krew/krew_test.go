package krew

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// good is a manifest as it has to be.
const good = `apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: mlogs
spec:
  version: {{ .TagName }}
  homepage: https://example.com/mlogs
  shortDescription: Show the logs of many pods as one stream
  description: |
    Merges logs.
  platforms:
  - selector: {matchLabels: {os: linux, arch: amd64}}
    {{addURIAndSha "https://example.com/{{ .TagName }}/linux.tar.gz" .TagName }}
    bin: kubectl-mlogs
  - selector: {matchLabels: {os: windows, arch: amd64}}
    {{addURIAndSha "https://example.com/{{ .TagName }}/windows.tar.gz" .TagName }}
    bin: kubectl-mlogs.exe
`

// checksum is one of 64 digits, which YAML takes for a text all the same.
const checksum = "ab345678901234567890123456789012345678901234567890123456789012cd"

func rendered(t *testing.T, text string) (*Manifest, error) {
	t.Helper()
	raw, err := Render([]byte(text), "v0.1.0", func(uri string) (string, error) {
		if !strings.HasPrefix(uri, "https://example.com/v0.1.0/") {
			t.Errorf("the address is %s", uri)
		}
		return checksum, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return Parse(raw)
}

func TestRules(t *testing.T) {
	t.Parallel()
	m, err := rendered(t, good)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Validate("krew/mlogs.yaml"); err != nil {
		t.Fatal(err)
	}
	if p := m.Spec.Platforms[1]; m.Spec.Version != "v0.1.0" || p.URI != "https://example.com/v0.1.0/windows.tar.gz" || p.SHA256 != checksum {
		t.Errorf("%s, %+v", m.Spec.Version, p)
	}
	for _, test := range []struct{ old, new, want string }{
		{"kind: Plugin", "kind: Plug", "apiVersion"},
		{"v1alpha2", "v1alpha1", "apiVersion"},
		{"name: mlogs", "name: m logs", "metadata.name"},
		{"name: mlogs", "name: logs", "must be named"},
		{"{{ .TagName }}\n", "0.1.0\n", "spec.version"},
		{"{{ .TagName }}\n", "v0.01.0\n", "spec.version"},
		{"Show the logs of many pods as one stream", strings.Repeat("x", 51), "51 characters"},
		{"as one stream", "as one stream.", "period"},
		{"Show the logs of many pods as one stream", `""`, "shortDescription"},
		{"Merges logs.", strings.Repeat("x", 81), "80 characters"},
		{"https://example.com/mlogs", "example.com", "homepage"},
		{"os: windows, arch: amd64", "os: linux, arch: amd64", "is platforms[0]'s"},
		{"{os: windows, arch: amd64}", "{arch: amd64}", "is platforms[0]'s"},
		{"os: windows", "os: plan9", "no platform"},
		{"mlogs.exe", "mlogs", ".exe"},
		{"bin: kubectl-mlogs\n", "bin: ../kubectl-mlogs\n", "bin"},
		{"bin: kubectl-mlogs\n", "bin: kubectl-mlogs\n    files: []\n", "files"},
	} {
		text := strings.Replace(good, test.old, test.new, 1)
		if text == good {
			t.Fatalf("%q is not there", test.old)
		}
		m, err := rendered(t, text)
		if err != nil {
			t.Errorf("%q: %v", test.new, err)
			continue
		}
		if err := m.Validate("krew/mlogs.yaml"); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.new, err, test.want)
		}
	}
	if _, err := rendered(t, strings.Replace(good, "homepage", "homePage2", 1)); err == nil {
		t.Error("a field that krew does not know is taken")
	}
	m.Spec.Platforms[0].SHA256 = strings.ToUpper(checksum)
	if err := m.Validate("mlogs.yaml"); err == nil || !strings.Contains(err.Error(), "sha256") {
		t.Errorf("a checksum in capitals: %v", err)
	}
}

func TestArchives(t *testing.T) {
	t.Parallel()
	for want, entries := range map[string]map[string]int64{
		"":                  {"kubectl-x": 0o755, "LICENSE": 0o644},
		"has no license":    {"kubectl-x": 0o755, "README": 0o644},
		"has no kubectl-x":  {"x": 0o755, "LICENSE": 0o644},
		"is not executable": {"kubectl-x": 0o644, "LICENSE.txt": 0o644},
		"leads out":         {"kubectl-x": 0o755, "LICENSE": 0o644, "../evil": 0o644},
	} {
		file := filepath.Join(t.TempDir(), "x.tar.gz")
		if err := os.WriteFile(file, archive(t, entries), 0o644); err != nil {
			t.Fatal(err)
		}
		sum, err := Checksum(file)
		if err != nil {
			t.Fatal(err)
		}
		p := Platform{Bin: "kubectl-x", SHA256: sum}
		if err := p.CheckArchive(file); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v: %v, want %q", entries, err, want)
		}
		p.SHA256 = checksum
		if err := p.CheckArchive(file); err == nil {
			t.Error("another checksum is taken")
		}
	}
}

func archive(t *testing.T, entries map[string]int64) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, mode := range entries {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
