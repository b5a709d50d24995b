package clidoc

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// Check fails when folder, a plugin's, does not hold what its commands say: COMMANDS.md
// and man/*.1. With update it writes them instead, and removes pages of commands that are
// no more. build returns the plugin's root command anew at each call.
func Check(t testing.TB, folder string, build func(genericiooptions.IOStreams) *cobra.Command, update bool) {
	t.Helper()
	streams := genericiooptions.NewTestIOStreamsDiscard()
	t.Setenv("HOME", t.TempDir()) // nothing of the environment is in the pages
	t.Setenv("KUBECONFIG", t.TempDir())
	pages, err := ManPages(build(streams))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]byte{"COMMANDS.md": Markdown(build(streams))}
	for name, page := range pages {
		want[filepath.Join("man", name)] = page
	}
	there, err := filepath.Glob(filepath.Join(folder, "man", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		if _, ok := want[filepath.Join("man", filepath.Base(path))]; !ok {
			stale(t, path, nil, update)
		}
	}
	for name, text := range want {
		path := filepath.Join(folder, name)
		if is, err := os.ReadFile(path); err != nil || !bytes.Equal(is, text) {
			stale(t, path, text, update)
		}
	}
}

// stale complains of a file that is not as it should be, or makes it so; no text is for a
// file that should not be.
func stale(t testing.TB, path string, text []byte, update bool) {
	t.Helper()
	var err error
	switch {
	case !update:
		t.Errorf("%s is not what the commands say; run this test with -update", path)
	case text == nil:
		err = os.Remove(path)
	default:
		if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
			err = os.WriteFile(path, text, 0o644)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}
