package byhand

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/tool"
)

// world is what the kubectl of scripts/testdata plays on, and what a script that
// runs there leaves.
type world struct {
	t        *testing.T
	dir, tmp string
	out, err *os.File
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: t.TempDir(), tmp: t.TempDir()}
	for _, dir := range []string{"logs", "broken", "fs/a.app", "fs/b.app"} {
		w.must(os.MkdirAll(filepath.Join(w.dir, dir), 0o755))
	}
	var err error
	w.out, err = os.Create(filepath.Join(t.TempDir(), "out"))
	w.must(err)
	w.err, err = os.Create(filepath.Join(t.TempDir(), "err"))
	w.must(err)
	t.Cleanup(func() {
		w.out.Close()
		w.err.Close()
	})
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// write puts lines at the end of a file of the world.
func (w *world) write(name, lines string) {
	w.t.Helper()
	f, err := os.OpenFile(filepath.Join(w.dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	w.must(err)
	_, err = io.WriteString(f, lines)
	w.must(errors.Join(err, f.Close()))
}

// start runs the plan's script. MLOGS_BASH names another bash.
func (w *world) start(plan Plan) *exec.Cmd {
	w.t.Helper()
	played, err := filepath.Abs("../../../scripts/testdata")
	w.must(err)
	path := filepath.Join(w.t.TempDir(), "script")
	w.must(os.WriteFile(path, []byte(write(w.t, plan)), 0o644))
	// A signal that is ignored here, as under nohup, could not be trapped there.
	cmd := exec.Command("env", "--default-signal=INT,HUP,TERM", tool.Find(w.t, cmp.Or(os.Getenv("MLOGS_BASH"), "bash")), path)
	cmd.Env = append(os.Environ(), "MLOGS_WORLD="+w.dir, "TMPDIR="+w.tmp, "PATH="+played+":"+os.Getenv("PATH"))
	cmd.Stdout, cmd.Stderr = w.out, w.err
	w.must(cmd.Start())
	w.t.Cleanup(func() { _ = cmd.Process.Kill() }) // the lifeline does the rest
	return cmd
}

// end waits for the script, and returns its exit status.
func (w *world) end(cmd *exec.Cmd) int {
	w.t.Helper()
	timer := time.AfterFunc(20*time.Second, func() {
		w.t.Errorf("the script does not end; stdout:\n%s\nstderr:\n%s", lines(w.t, w.out), lines(w.t, w.err))
		_ = cmd.Process.Kill()
	})
	defer timer.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

func (w *world) await(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("in vain: %s\nstdout:\n%s\nstderr:\n%s", what, lines(w.t, w.out), lines(w.t, w.err))
		}
	}
}

func (w *world) awaitLine(line string) {
	w.t.Helper()
	w.await(line, func() bool { return slices.Contains(lines(w.t, w.out), line) })
}

// clean waits until no process of the script runs, which Linux can tell.
func (w *world) clean() {
	w.t.Helper()
	mine := []byte("TMPDIR=" + w.tmp + "\x00")
	w.await("no process is left", func() bool {
		environments, err := filepath.Glob("/proc/[0-9]*/environ")
		w.must(err)
		return !slices.ContainsFunc(environments, func(path string) bool {
			environment, _ := os.ReadFile(path) // it may have ended
			return bytes.Contains(environment, mine)
		})
	})
}

// lines are a file's lines, sorted.
func lines(t *testing.T, f *os.File) []string {
	t.Helper()
	text, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(strings.Lines(string(text)))
}

func TestRunsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("logs/a.app", "old\none\n"+strings.Repeat("x", 5000)+"\n")
	w.write("fs/a.app/my $1 *.log", "in a file\n")
	w.write("broken/b", "")
	w.write("logs/b.app", "not seen\n")
	cmd := w.start(Plan{Tail: 2, Targets: []Target{
		{Namespace: "shop", Pod: "a", Container: "app"},
		{Namespace: "pay", Pod: "b", Container: "app"},
		{Namespace: "shop", Pod: "a", Container: "app", File: "my $1 *.log"},
		{Namespace: "shop", Pod: "a", Container: "app", File: "not/there"},
	}})
	if status := w.end(cmd); status != 1 {
		t.Errorf("exit status %d, want 1", status)
	}
	want := []string{
		"shop a app my $1 *.log in a file\n", "shop a app one\n",
		"shop a app " + strings.Repeat("x", 4095-len("\x1eshop a app ")-len("…[cut]")) + "…[cut]\n",
	}
	if got := lines(t, w.out); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	complaints := strings.Join(lines(t, w.err), "")
	for _, want := range []string{"pay b app error: b is broken\n", "shop a app there tail: "} {
		if !strings.Contains(complaints, want) {
			t.Errorf("stderr: %q, want %q in it", complaints, want)
		}
	}
	w.clean()
}

// follow starts a script that reads a log and a file, into a pipe that others
// write to.
func (w *world) follow() (cmd *exec.Cmd, pipe string) {
	w.t.Helper()
	w.write("logs/a.app", "one\n")
	w.write("fs/b.app/log", "one\n")
	pipe = filepath.Join(w.t.TempDir(), "a pipe")
	cmd = w.start(Plan{Follow: true, Tail: -1, FIFO: pipe, Targets: []Target{
		{Namespace: "shop", Pod: "a", Container: "app"}, {Namespace: "shop", Pod: "b", Container: "app", File: "log"},
	}})
	w.awaitLine("a app one\n")
	w.awaitLine("b app log one\n")
	return cmd, pipe
}

func TestFollows(t *testing.T) {
	t.Parallel()
	for signal, status := range map[syscall.Signal]int{syscall.SIGTERM: 143, syscall.SIGINT: 130, syscall.SIGHUP: 129} {
		w := newWorld(t)
		cmd, pipe := w.follow()
		if info, err := os.Stat(pipe); err != nil || info.Mode() != os.ModeNamedPipe|0o600 {
			t.Fatal(info.Mode(), err)
		}
		w.write("logs/a.app", "two\n")
		w.must(os.Rename(filepath.Join(w.dir, "fs/b.app/log"), filepath.Join(w.dir, "fs/b.app/log.1")))
		w.write("fs/b.app/log", "two\n")
		w.must(os.WriteFile(pipe, []byte("deploy 42\n"), 0o600))
		for _, line := range []string{"a app two\n", "b app log two\n", "fifo deploy 42\n"} {
			w.awaitLine(line)
		}
		w.must(cmd.Process.Signal(signal))
		if got := w.end(cmd); got != status {
			t.Errorf("%v: exit status %d, want %d", signal, got, status)
		}
		if left, _ := filepath.Glob(w.tmp + "/*"); left != nil {
			t.Errorf("%v: left behind: %s", signal, left)
		}
		if _, err := os.Stat(pipe); !os.IsNotExist(err) {
			t.Errorf("%v: the pipe is still there: %v", signal, err)
		}
		w.clean()
	}
}

func TestKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cmd, _ := w.follow()
	w.must(cmd.Process.Kill())
	w.end(cmd)
	w.clean()
}

func TestReaderLeaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var err error
	read, write, err := os.Pipe()
	w.must(err)
	ours := w.out
	w.out = write
	w.write("logs/a.app", "one\n")
	cmd := w.start(Plan{Follow: true, Tail: -1, Targets: []Target{{Pod: "a", Container: "app"}}})
	w.out = ours
	write.Close()
	line := make([]byte, len("a app one\n"))
	if _, err := io.ReadFull(read, line); err != nil || string(line) != "a app one\n" {
		t.Fatalf("%q %v", line, err)
	}
	read.Close()
	w.write("logs/a.app", "two\n")
	if status := w.end(cmd); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
	w.clean()
}

func TestLeavesTheReadingToOthers(t *testing.T) {
	t.Parallel()
	for _, follow := range []bool{false, true} {
		w := newWorld(t)
		w.write("logs/a.app", "one\n")
		pipe := filepath.Join(t.TempDir(), "pipe")
		cmd := w.start(Plan{Only: true, Follow: follow, FIFO: pipe, Tail: -1, Targets: []Target{{Pod: "a", Container: "app"}}})
		w.await("a pipe", func() bool { _, err := os.Stat(pipe); return err == nil })
		reader, err := os.Open(pipe)
		w.must(err)
		line := make([]byte, len("a app one\n"))
		if _, err := io.ReadFull(reader, line); err != nil || string(line) != "a app one\n" {
			t.Errorf("%q %v", line, err)
		}
		w.must(reader.Close())
		want := 0
		if follow {
			w.must(cmd.Process.Signal(syscall.SIGTERM))
			want = 143
		}
		if status := w.end(cmd); status != want {
			t.Errorf("exit status %d, want %d", status, want)
		}
		w.clean()
	}
}

func TestPlaceIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write("logs/a.app", "one\n")
	taken := filepath.Join(t.TempDir(), "taken")
	w.must(os.WriteFile(taken, []byte("mine"), 0o600))
	cmd := w.start(Plan{FIFO: taken, Targets: []Target{{Pod: "a", Container: "app"}}})
	if status := w.end(cmd); status != 1 {
		t.Errorf("exit status %d, want 1", status)
	}
	if text, err := os.ReadFile(taken); err != nil || string(text) != "mine" {
		t.Errorf("the file has become %q, %v", text, err)
	}
	w.clean()
}
