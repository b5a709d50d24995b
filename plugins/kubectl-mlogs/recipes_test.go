//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/pkg/kubetest/sessions"
	"github.com/kubechores/kubechores/pkg/kubetest/tool"
)

// recipeFile is where the applications of the recipe write their log.
const recipeFile = "/var/app/log/hoge_log"

// recipePods are the recipe's three applications, with their log files.
func recipePods(t *testing.T) *machine {
	t.Helper()
	m := newMachine(t, localShells["dash"])
	m.srv.HandleExec(func(ctx context.Context, r kubetest.ExecRequest, stdin io.Reader, stdout, stderr io.Writer) int {
		r.Command = slices.Clone(r.Command)
		for i, word := range r.Command {
			if word == recipeFile {
				r.Command[i] = m.path(r.Pod, "hoge_log")
			}
		}
		return m.exec(ctx, r, stdin, stdout, stderr)
	})
	for app, lines := range map[string]string{
		"pod-a": "2018-07-20 10:00:01,120 INFO order 7012 placed\n2018-07-20 10:00:03,004 INFO order 7013 placed\n",
		"pod-b": "2018-07-20 10:00:01,318 INFO payment of order 7012\n2018-07-20 10:00:03,551 WARN payment of order 7013 refused\n",
		"pod-c": "2018-07-20 10:00:02,940 INFO mail about order 7012\n",
	} {
		pod := app + "-6f7d5b9c4-x2x4p"
		m.srv.Must(m.srv.Create(kubetest.Pod("default", pod, kubetest.WithContainers("hoge", "proxy"), kubetest.WithLabels("app", app))))
		if err := os.MkdirAll(filepath.Join(m.root, pod), 0o755); err != nil {
			t.Fatal(err)
		}
		m.text(pod, "hoge_log", lines)
	}
	return m
}

// recipeArgs are the arguments that today's script gives to mlogs, as its shell makes them.
func recipeArgs(t *testing.T, more ...string) []string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "kubectl"), []byte("#!/bin/sh\nprintf '%s\\n' \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", append([]string{"recipes/today/shout.sh"}, more...)...)
	cmd.Env = append(os.Environ(), "PATH="+folder+string(filepath.ListSeparator)+os.Getenv("PATH"))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if words[0] != "mlogs" {
		t.Fatalf("the script runs kubectl %q", words)
	}
	return words[1:]
}

// TestRecipe: the flags of today's script stand for what the script of 2018 does.
func TestRecipe(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("recipes/2018/shout.sh")
	if err != nil {
		t.Fatal(err)
	}
	o, cmd, err := parsed(recipeArgs(t)...)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.validate(cmd); err != nil {
		t.Fatal(err)
	}
	old := string(raw)
	if len(o.files) != 1 || !strings.Contains(old, "\nFILE="+o.files[0]+"\n") || !strings.Contains(old, "\nFIFO="+o.fifo+"\n") {
		t.Errorf("--file %q and --fifo %q are not those of the script of 2018", o.files, o.fifo)
	}
	for _, app := range []string{"pod-a", "pod-b", "pod-c"} {
		if !strings.Contains(old, `@.metadata.labels.app=="`+app+`"`) || !strings.Contains(o.labels, app) {
			t.Errorf("-l %q has not all apps of the script of 2018", o.labels)
		}
	}
}

// TestRecipeShell: bash reads both scripts, and shellcheck finds in that of 2018 its traps.
func TestRecipeShell(t *testing.T) {
	t.Parallel()
	const unquoted, sameFile, overridden = 2086, 2094, 2260 // a pod's name; the FIFO; a pipe that gets nothing
	for script, want := range map[string][]int{
		"recipes/2018/shout.sh":  {unquoted, unquoted, unquoted, sameFile, sameFile, sameFile, sameFile, overridden, overridden, overridden},
		"recipes/today/shout.sh": {},
	} {
		if out, err := exec.Command("bash", "-n", script).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
		raw, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		check := exec.Command(tool.Find(t, "shellcheck"), "--format", "json", "-")
		check.Stdin = strings.NewReader(strings.Replace(string(raw), "# shellcheck disable=", "# ", 1)) // it is to find them
		out, err := check.Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		var comments []struct{ Code int }
		if err := json.Unmarshal(out, &comments); err != nil {
			t.Fatalf("%v in:\n%s", err, out)
		}
		codes := []int{}
		for _, c := range comments {
			codes = append(codes, c.Code)
		}
		slices.Sort(codes)
		if !slices.Equal(codes, want) {
			t.Errorf("%s: shellcheck finds %v, want %v", script, codes, want)
		}
	}
}

// TestRecipeRuns: the stream has the lines of all three files and what is written into
// the pipe, and the pipe is gone in the end.
func TestRecipeRuns(t *testing.T) {
	t.Parallel()
	m := recipePods(t)
	args := recipeArgs(t, "--color=never")
	pipe := filepath.Join(t.TempDir(), "shout")
	at := slices.Index(args, "/tmp/shout")
	if at < 0 {
		t.Fatalf("/tmp/shout is not in %q", args)
	}
	args[at] = pipe
	run := start(t, m.srv, args...)
	run.Prints("pod-b-6f7d5b9c4-x2x4p hoge hoge_log 2018-07-20 10:00:03,551 WARN payment of order 7013 refused\n")
	m.append("pod-a-6f7d5b9c4-x2x4p", "hoge_log", "2018-07-20 10:00:09,000 INFO order 7014 placed\n")
	run.Prints("pod-a-6f7d5b9c4-x2x4p hoge hoge_log 2018-07-20 10:00:09,000 INFO order 7014 placed\n")
	if err := os.WriteFile(pipe, []byte("deploy 42 started\n"), 0); err != nil {
		t.Fatal(err)
	}
	run.Prints("fifo deploy 42 started\n")
	run.Stop()
	if _, err := os.Lstat(pipe); !os.IsNotExist(err) {
		t.Errorf("the pipe is still there: %v", err)
	}
}

// TestRecipeSessions: what the recipe's page shows is what is printed now.
func TestRecipeSessions(t *testing.T) {
	m := recipePods(t)
	sessions.Check(t, "recipes/README.md", *update, func(t *testing.T, words []string) string {
		if len(words) < 3 || words[0] != "kubectl" || words[1] != "mlogs" {
			t.Fatalf("%q is no command of mlogs", words)
		}
		run := start(t, m.srv, words[2:]...)
		if err := run.Wait(); err != nil {
			t.Fatalf("%q: %v\n%s", words, err, run.Err.String())
		}
		return run.Out.String()
	})
}
