package main

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestImageFolders(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "writer", "main.go"), "// Command writer writes.\npackage main\n\nfunc main() {}\n")
	put(t, filepath.Join(dir, "proxy", "proxy.go"), "package main\n")
	put(t, filepath.Join(dir, "library", "x.go"), "package library\n")
	put(t, filepath.Join(dir, "only-a-test", "x_test.go"), "package main\n")
	put(t, filepath.Join(dir, "no-go", "README.md"), "package main\n")
	put(t, filepath.Join(dir, "main.go"), "package main\n")
	got, err := imageFolders(dir)
	if want := []string{"proxy", "writer"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	put(t, filepath.Join(dir, "Big", "main.go"), "package main\n")
	if _, err := imageFolders(dir); err == nil || !strings.Contains(err.Error(), `"Big"`) {
		t.Errorf("a name that no image can have: got %v", err)
	}
}

func TestOwnImagesAreThere(t *testing.T) {
	got, err := imageFolders("images")
	if err != nil || !strings.Contains(strings.Join(got, " "), strings.TrimSuffix(strings.TrimPrefix(pauseImage, imagePrefix), ":dev")) {
		t.Errorf("no pause image, without which no pod starts: got %q, %v", got, err)
	}
	if !slices.Contains(got, writerName) {
		t.Errorf("no %s, which every userland has in it: got %q", writerName, got)
	}
}

func TestFolderLayerIsTheSameEachTime(t *testing.T) {
	digest := func(dir string) string {
		layer, err := folderLayer(dir)
		if err != nil {
			t.Fatal(err)
		}
		image, err := newImage("kubechores.local/x:dev", nil, layer)
		if err != nil {
			t.Fatal(err)
		}
		hash, err := image.image.Digest()
		if err != nil {
			t.Fatal(err)
		}
		return hash.String()
	}
	a, b := t.TempDir(), t.TempDir()
	for _, dir := range []string{a, b} {
		put(t, filepath.Join(dir, "etc", "app.conf"), "x=1\n")
		if err := os.Symlink("app.conf", filepath.Join(dir, "etc", "link")); err != nil {
			t.Fatal(err)
		}
	}
	if digest(a) != digest(b) {
		t.Error("the same files gave two digests: every up would import them anew")
	}
	put(t, filepath.Join(b, "etc", "app.conf"), "x=2\n")
	if digest(a) == digest(b) {
		t.Error("other files gave the same digest: a change would not reach the cluster")
	}
}

func TestStaticProgram(t *testing.T) {
	text := filepath.Join(t.TempDir(), "script")
	put(t, text, "#!/bin/sh\n")
	if _, err := staticProgram(text); err == nil || !strings.Contains(err.Error(), "not a Linux program") {
		t.Errorf("a script: got %v", err)
	}
	if _, err := os.Stat("/usr/bin/git"); err == nil {
		if _, err := staticProgram("/usr/bin/git"); err == nil || !strings.Contains(err.Error(), "shared libraries") {
			t.Errorf("a program with libraries: got %v", err)
		}
	}
}

func TestParseImages(t *testing.T) {
	const table = `REF                         TYPE                                       DIGEST     SIZE    PLATFORMS   LABELS
kubechores.local/a:dev      application/vnd.oci.image.manifest.v1+json sha256:aaa 3.1 MiB linux/amd64 io.cri-containerd.image=managed
kubechores.local/b:dev      application/vnd.oci.image.manifest.v1+json sha256:bbb 3.1 MiB linux/amd64 -
`
	got := parseImages(table)
	if got["kubechores.local/a:dev"] != (storedImage{digest: "sha256:aaa", visible: true}) {
		t.Errorf("a: got %+v", got["kubechores.local/a:dev"])
	}
	if got["kubechores.local/b:dev"] != (storedImage{digest: "sha256:bbb"}) {
		t.Errorf("b: got %+v", got["kubechores.local/b:dev"])
	}
}
