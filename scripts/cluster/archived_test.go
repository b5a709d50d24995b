package main

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// archiveOf is an archive of an OCI layout with an image of each of the architectures, in
// an index of its own, as other tools write it.
func archiveOf(t *testing.T, archs ...string) string {
	t.Helper()
	w := newLayerWriter()
	w.file("usr/local/bin/x", 0o755, []byte("program"))
	program, err := w.layer()
	if err != nil {
		t.Fatal(err)
	}
	inner := v1.ImageIndex(empty.Index)
	for _, arch := range archs {
		built, err := configuredImage("", v1.Config{Entrypoint: []string{"x"}, User: "7"}, program)
		if err != nil {
			t.Fatal(err)
		}
		inner = mutate.AppendManifests(inner, mutate.IndexAddendum{Add: built.image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	dir := t.TempDir()
	to, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := to.AppendIndex(inner); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	a := tar.NewWriter(&b)
	if err := a.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return written(t, b.Bytes())
}

func written(t *testing.T, raw []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestArchivedImage(t *testing.T) {
	c := &cluster{dir: t.TempDir()}
	built, err := c.archivedImage("kubechores.local/x:dev", archiveOf(t, "s390x", runtime.GOARCH))
	if err != nil {
		t.Fatal(err)
	}
	config, err := built.image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Config.User != "7" || strings.Join(config.Config.Entrypoint, " ") != "x" || built.ref != "kubechores.local/x:dev" {
		t.Errorf("%s: %+v", built.ref, config.Config)
	}
	if _, err := c.archive([]builtImage{built}); err != nil {
		t.Errorf("it cannot be imported: %v", err)
	}
	for want, path := range map[string]string{
		"there is no image for": archiveOf(t, "s390x"),
		"no archive of an OCI":  written(t, emptyTar(t)),
		"escapes from parent":   written(t, tarOf(t, "../evil")),
	} {
		if _, err := c.archivedImage("x", path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func emptyTar(t *testing.T) []byte { return tarOf(t) }

func tarOf(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range names {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
