package file

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// pathsOf are the paths of the notes of a kind with so many words before them.
func pathsOf(notes []string, kind string, words int) []string {
	var paths []string
	for _, n := range notes {
		if w := strings.SplitN(n, " ", words+2); w[0] == kind {
			paths = append(paths, w[len(w)-1])
		}
	}
	return paths
}

// Names that a shell would take apart, or for something else.
var oddNames = []string{"a b.log", "it's \"q\".log", "a*[1]?.log", "-n.log", "$(id).log", "back\\slash.log", "semi;colon&.log", "tab\there.log"}

func TestAgentTakesNamesAsTheyAre(t *testing.T) {
	everyShell(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "aXX1Y.log"), "another one\n")
		for _, name := range oddNames {
			content := strings.Repeat("line of "+name+"\n", 100)
			write(t, filepath.Join(dir, name), content)
			write(t, filepath.Join(dir, name+".1"), "older\n")
			a := launch(t, shell, dir, nil, opOnce, "./"+name, "0")
			a.finishes()
			if got := a.sent("4"); got != content {
				t.Errorf("%s: %d bytes, want %d", name, len(got), len(content))
			}
			want := []string{"./" + name, "./" + name + ".1"}
			if got := pathsOf(a.said(), "file", 3); !slices.Equal(slices.Compact(got), slices.Concat(want, want)) && !slices.Equal(got, want) {
				t.Errorf("%s: a look shows %q", name, got)
			}
		}
		list := launch(t, shell, dir, nil, opListOnce, "./*.log")
		list.finishes()
		want := append(slices.Clone(oddNames), "aXX1Y.log")
		got := pathsOf(list.said(), "path", 2)
		for i := range got {
			got[i] = strings.TrimPrefix(got[i], "./")
		}
		slices.Sort(got)
		if slices.Sort(want); !slices.Equal(got, want) {
			t.Errorf("a list has %q, want %q", got, want)
		}
	})
}

func TestAgentReadsFromAnywhere(t *testing.T) {
	everyShell(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		path := filepath.Join(dir, "app.log")
		content := strings.Repeat("0123456789\n", 1000) + "unfinished"
		write(t, path, content)
		for _, offset := range []int{0, 1, 1023, 1024, 1025, 2047, 2048, 3000, len(content) - 1, len(content)} {
			a := launch(t, shell, dir, nil, opOnce, "app.log", decimal(int64(offset)))
			a.finishes()
			want := content[max(offset/1024-1, 0)*1024:]
			if offset == len(content) {
				want = ""
			}
			if got := a.sent("4"); got != want {
				t.Errorf("from %d on: %d bytes, want %d", offset, len(got), len(want))
			}
			if n := a.said(); n[0] != "ready" || !slices.Equal(n[len(n)-2:], []string{"eof", "bye"}) {
				t.Errorf("notes: %q", n)
			}
		}
		a := launch(t, shell, dir, nil, opOnce, "app.log", decimal(int64(len(content)+1)))
		if a.finishes(); !a.has("shrunk 4") || a.has("bye") {
			t.Errorf("of a file that is too short it says %q", a.said())
		}
		write(t, filepath.Join(dir, "empty.log"), "")
		a = launch(t, shell, dir, nil, opOnce, "empty.log", "0")
		if a.finishes(); !a.has("bye") || a.sent("4") != "" {
			t.Errorf("of an empty file it says %q", a.said())
		}
	})
}

func TestAgentFollows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "app.log")
	pack := inAll(t, dir, opTail, "app.log", "0")
	all := func(f func(a *agentRun)) {
		for _, a := range pack {
			f(a)
		}
	}
	all(func(a *agentRun) { a.says("missing") })
	content := strings.Repeat("0123456789\n", 500)
	write(t, path, content)
	all(func(a *agentRun) { a.sends("4", content) })
	write(t, path, "more\nand")
	all(func(a *agentRun) { a.sends("4", content+"more\nand") })
	rename(t, path, path+".1")
	write(t, path+".1", " late\n")
	time.Sleep(600 * time.Millisecond)
	write(t, path+".1", "later\n")
	all(func(a *agentRun) { a.sends("4", content+"more\nand late\nlater\n") })
	write(t, path, "")
	all(func(a *agentRun) { a.says("turn") })
	write(t, path+".1", "latest\n")
	all(func(a *agentRun) { a.sends("5", content+"more\nand late\nlater\nlatest\n") })
	write(t, path, "new\n")
	all(func(a *agentRun) { a.sends("4", "new\n") })
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	all(func(a *agentRun) { a.says("shrunk 4") })
	all(func(a *agentRun) { a.finishes() })
}

// hasty makes an agent look at its files without much pause.
func hasty(t *testing.T) func(*exec.Cmd) {
	t.Helper()
	dir := t.TempDir()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sleep"), []byte("#!/bin/sh\nexec "+sleep+" 0.01\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return func(c *exec.Cmd) { c.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH")} }
}

// The old file is given up when nothing has come to it for a while, and the new
// one is in use.
func TestAgentClosesTheOldFile(t *testing.T) {
	t.Parallel()
	used, unused := t.TempDir(), t.TempDir()
	for _, dir := range []string{used, unused} {
		write(t, filepath.Join(dir, "app.log.1"), "old\n")
		write(t, filepath.Join(dir, "app.log"), "")
	}
	a := launch(t, localShells["dash"], used, hasty(t), opTail, "app.log", "0", "app.log.1", "0")
	b := launch(t, localShells["dash"], unused, hasty(t), opTail, "app.log", "0", "app.log.1", "0")
	write(t, filepath.Join(used, "app.log"), "new\n")
	late := "old\n"
	for range 60 {
		write(t, filepath.Join(used, "app.log.1"), "late\n")
		late += "late\n"
		a.sends("5", late)
		time.Sleep(20 * time.Millisecond)
	}
	if a.has("close") {
		t.Error("it is closed while it grows")
	}
	a.says("close")
	a.until("a look after it", func() bool { n := a.said(); return slices.Contains(n[slices.Index(n, "close"):], "looked") })
	b.until("many looks", func() bool { return len(pathsOf(b.said(), "beat", 0)) > 1 }) // there is one in 30
	if b.has("close") {
		t.Error("it is closed although nothing uses the new one")
	}
}

// A file that has lost its name and has no successor is followed under its new name.
func TestAgentFollowsAFileWithoutItsName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "app.log")
	write(t, path+".1", "old\n")
	pack := inAll(t, dir, opTail, "app.log", "0", "app.log.1")
	for _, a := range pack {
		a.sends("4", "old\n")
	}
	write(t, path+".1", "late\n")
	for _, a := range pack {
		a.sends("4", "old\nlate\n")
	}
	write(t, path, "new\n")
	for _, a := range pack {
		a.says("turn")
		a.sends("4", "new\n")
	}
}

func TestAgentListsNewFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Symlink("c.log", filepath.Join(dir, "link.log")); err != nil {
		t.Fatal(err)
	}
	pack := inAll(t, dir, opList, "*.log", "other/*.txt")
	for _, a := range pack {
		a.says("listed")
		if paths := pathsOf(a.said(), "path", 2); len(paths) > 0 {
			t.Errorf("an empty folder has %q", paths)
		}
	}
	for name, want := range map[string][]string{"b.log": {"b.log"}, "c.log": {"c.log", "link.log"}} {
		write(t, filepath.Join(dir, name), "x")
		for _, a := range pack {
			for _, path := range want {
				a.until(path, func() bool { return slices.Contains(pathsOf(a.said(), "path", 2), path) })
			}
		}
	}
}

func TestAgentSaysWhatIsWrong(t *testing.T) {
	everyShell(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		for _, err := range []error{
			os.Mkdir(filepath.Join(dir, "folder"), 0o755), os.Mkdir(filepath.Join(dir, "closed"), 0o000), os.Chmod(dir, 0o755), os.Chmod(filepath.Dir(dir), 0o755),
			os.Symlink("/dev/stdout", filepath.Join(dir, "stdout.log")), os.Symlink("nowhere", filepath.Join(dir, "dangling.log")),
			os.WriteFile(filepath.Join(dir, "secret.log"), []byte("x"), 0o000),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for path, want := range map[string]string{
			"none.log": "missing", "dangling.log": "missing", "none/app.log": "missing", "folder": "directory",
			"stdout.log": "special /dev/stdout", "/dev/null": "special", "secret.log": "denied", "closed/app.log": "denied",
		} {
			a := launch(t, shell, dir, asNobody, opOnce, path, "0")
			if a.finishes(); !slices.Contains(a.said(), want) || !a.has("bye") {
				t.Errorf("of %s it says %q, want %q", path, a.said(), want)
			}
		}
	})
}

// withTools leaves a command no other tools than those.
func withTools(t *testing.T, tools ...string) func(*exec.Cmd) {
	t.Helper()
	dir := t.TempDir()
	for _, tool := range tools {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, tool)); err != nil {
			t.Fatal(err)
		}
	}
	return func(c *exec.Cmd) { c.Env = []string{"PATH=" + dir} }
}

// Containers that lack something; busybox has all in itself.
func TestAgentWithFewTools(t *testing.T) {
	for _, shell := range []string{"dash", "bash"} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			for name, tools := range map[string][]string{"dd": {"sleep", "stat", "ls"}, "sleep": {"dd", "stat", "ls"}, "stat and ls": {"dd", "sleep"}} {
				a := launch(t, localShells[shell], t.TempDir(), withTools(t, tools...), opTail, "app.log", "0")
				if a.finishes(); !slices.Equal(a.said(), []string{"ready", "bare", "bye"}) {
					t.Errorf("without %s it says %q", name, a.said())
				}
			}
			dir := t.TempDir()
			path := filepath.Join(dir, "app.log")
			write(t, path, "first\n")
			write(t, path+".1", "older\n")
			a := launch(t, localShells[shell], dir, withTools(t, "dd", "sleep", "ls"), opTail, "app.log", "0")
			a.sends("4", "first\n")
			rename(t, path, path+".2")
			write(t, path, "second\n")
			a.says("turn")
			a.sends("4", "second\n")
			looked := pathsOf(a.said(), "file", 3)
			if slices.Sort(looked); !slices.Equal(slices.Compact(looked), []string{"app.log", "app.log.1", "app.log.2"}) {
				t.Errorf("its looks show %q", looked)
			}
		})
	}
}
