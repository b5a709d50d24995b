package realcluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Run is a program under test, with its output in files.
type Run struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  string // path
	err  string
	done chan struct{}
	code int
}

// runTime is how long a run may take that is waited for.
const runTime = 5 * time.Minute

// Start starts `kubectl ARGS`, as a user would, with the namespace as -n after
// the first argument, which names the plugin or command.
func (n *Namespace) Start(args ...string) *Run {
	n.t.Helper()
	return n.StartCommand(nil, "kubectl", append([]string{args[0], "-n", n.Name}, args[1:]...)...)
}

// StartCommand starts any program, with env on top of the environment in which
// kubectl finds the cluster and the plugins.
func (n *Namespace) StartCommand(env []string, name string, args ...string) *Run {
	n.t.Helper()
	dir := n.t.TempDir()
	r := &Run{t: n.t, out: filepath.Join(dir, "stdout"), err: filepath.Join(dir, "stderr"), done: make(chan struct{})}
	r.cmd = n.command(name, args...)
	r.cmd.Env = append(r.cmd.Env, env...)
	stdout, err := os.Create(r.out)
	if err != nil {
		n.t.Fatal(err)
	}
	stderr, err := os.Create(r.err)
	if err != nil {
		n.t.Fatal(err)
	}
	r.cmd.Stdout, r.cmd.Stderr = stdout, stderr
	if err := r.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	go func() {
		err := r.cmd.Wait()
		stdout.Close()
		stderr.Close()
		r.code = exitCode(err)
		close(r.done)
	}()
	n.t.Cleanup(func() {
		r.Signal(syscall.SIGCONT) // a stopped process takes no other signal
		r.Signal(syscall.SIGKILL)
		<-r.done
		if n.t.Failed() {
			n.t.Logf("%s\nstderr:\n%s\nstdout ends:\n%s", strings.Join(r.cmd.Args, " "), r.Stderr(), last(r.Stdout(), 600))
		}
	})
	return r
}

// exitCode is the code, or 128 + the signal that ended the process, as in a shell.
func exitCode(err error) int {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		if err != nil {
			return -1
		}
		return 0
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}

// Signal sends a signal, if the program still runs.
func (r *Run) Signal(s syscall.Signal) {
	select {
	case <-r.done:
	default:
		_ = r.cmd.Process.Signal(s) // it may have ended just now
	}
}

// Stop interrupts the program as Ctrl-C does and returns its exit code.
func (r *Run) Stop() int {
	r.t.Helper()
	r.Signal(syscall.SIGINT)
	return r.within(time.Minute)
}

// Wait waits for the program's own end and returns its exit code.
func (r *Run) Wait() int {
	r.t.Helper()
	return r.within(runTime)
}

// WaitFor is Wait with a limit of its own.
func (r *Run) WaitFor(limit time.Duration) int {
	r.t.Helper()
	return r.within(limit)
}

func (r *Run) within(limit time.Duration) int {
	r.t.Helper()
	select {
	case <-r.done:
		return r.code
	case <-time.After(limit):
		r.t.Fatalf("%s did not end within %s", strings.Join(r.cmd.Args, " "), limit)
		return -1
	}
}

// Ended reports whether the program has ended by itself.
func (r *Run) Ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// StdoutFile is the path of the file that holds stdout.
func (r *Run) StdoutFile() string { return r.out }

// Stdout returns what has been printed so far.
func (r *Run) Stdout() string { return read(r.t, r.out) }

// Stderr returns what has been said on stderr so far.
func (r *Run) Stderr() string { return read(r.t, r.err) }

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

// Prints waits until stdout contains text.
func (r *Run) Prints(text string) { r.t.Helper(); r.until("stdout", r.Stdout, text) }

// Says waits until stderr contains text.
func (r *Run) Says(text string) { r.t.Helper(); r.until("stderr", r.Stderr, text) }

func (r *Run) until(where string, get func() string, text string) {
	r.t.Helper()
	for deadline := time.Now().Add(podTime); !strings.Contains(get(), text); time.Sleep(pollEvery) {
		// One more look after the end: the last words come just before it.
		if ended := r.Ended(); (ended || time.Now().After(deadline)) && !strings.Contains(get(), text) {
			r.t.Fatalf("never on %s: %q (ended: %v)", where, text, ended)
		}
	}
}

func last(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return fmt.Sprintf("[%d bytes] …%s", len(s)-n, s[len(s)-n:])
}
