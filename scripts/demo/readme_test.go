package main

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the session of the suite's README")

// frontPage: the session on the first page of the suite is what the plugin prints.
func frontPage(t *testing.T, bin string) {
	const readme, columns = "../../README.md", 180
	const begin, end = "<!-- session: generated -->\n", "<!-- end of session -->"
	args := []string{"gateway/web", "-n", "shop", "-f", "scripts/demo/bundle/" + bundleFile, "--at", "2026-11-25T12:00:00Z"}
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, certcheck), args...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err == nil || len(out) == 0 {
		t.Fatalf("nothing is found: %v", err)
	}
	session := "```console\n$ kubectl certcheck " + strings.Join(args, " ") + "\n"
	for line := range strings.Lines(string(out)) {
		if cut := []rune(strings.TrimSuffix(line, "\n")); len(cut) > columns {
			line = string(cut[:columns-1]) + "…\n"
		}
		session += line
	}
	old, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(old), begin)
	_, foot, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no place for the session", readme)
	}
	text := []byte(head + begin + session + "```\n" + end + foot)
	switch {
	case bytes.Equal(text, old):
	case !*update:
		t.Errorf("%s is stale; run this test with -update", readme)
	default:
		if err := os.WriteFile(readme, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
