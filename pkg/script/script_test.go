package script

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/tool"
)

func sample() *Script {
	s := &Script{
		What:       "Shows how it is done. The words of this sentence are many, so that they do not all go on one line.",
		Invocation: "kubectl mlogs 'a\nrm -rf /' --print-script\x1b",
		Printed:    time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC),
	}
	s.Comment("A directory for\r what we\nneed.")
	s.Lines(`dir=$(mktemp -d)`)
	s.Cleanup(`rm -rf -- "$dir"`)
	s.Paragraph()
	s.Lines(Command("echo", "it's", "$HOME", `a\`, "“quoted”", strings.Repeat("long ", 20), "--flag=value"))
	return s
}

func text(t *testing.T, s *Script) string {
	t.Helper()
	var b strings.Builder
	if n, err := s.WriteTo(&b); err != nil || int(n) != b.Len() {
		t.Fatal(n, err)
	}
	return b.String()
}

func TestScript(t *testing.T) {
	want := `#!/usr/bin/env bash
# Shows how it is done. The words of this sentence are many, so that they do not
# all go on one line.
#
# Printed on 24 November 2026 at 09:05 UTC by
#   kubectl mlogs 'a
#   rm -rf /' --print-script?
#
# shellcheck disable=SC1003,SC1112,SC2016
set -euo pipefail

# A directory for? what we
# need.
dir=$(mktemp -d)
cleanup() {
  trap '' INT TERM HUP
  rm -rf -- "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

echo 'it'\''s' '$HOME' 'a\' '“quoted”' \
  'long long long long long long long long long long long long long long long long long long long long ' \
  --flag=value
`
	if got := text(t, sample()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestLint: what is printed is what a reviewer's tools expect.
func TestLint(t *testing.T) {
	script := text(t, sample())
	for _, command := range [][]string{
		{tool.Find(t, "shellcheck"), "-s", "bash", "-"},
		{tool.Find(t, "go"), "run", "mvdan.cc/sh/v3/cmd/shfmt@v3.12.0", "-d", "-i", "2", "-ci"},
	} {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", command[0], err, out)
		}
	}
}

func TestRuns(t *testing.T) {
	s := sample()
	s.Lines(`kill -TERM $$`)
	cmd := exec.Command(tool.Find(t, "bash"), "-c", text(t, s))
	cmd.Env = append(cmd.Environ(), "TMPDIR="+t.TempDir())
	out, err := cmd.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 143 {
		t.Errorf("%v, want exit status 143", err)
	}
	if want := "it's $HOME a\\ “quoted” " + strings.Repeat("long ", 20) + " --flag=value\n"; string(out) != want {
		t.Errorf("got %q, want %q", out, want)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteFails(t *testing.T) {
	if _, err := sample().WriteTo(full{}); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Error(err)
	}
}
