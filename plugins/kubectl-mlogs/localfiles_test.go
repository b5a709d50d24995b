package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/pkg/kubetest/tool"
)

// localShells are the shells that containers have: Debian's, Alpine's and Red Hat's.
var localShells = map[string][]string{"dash": {"dash"}, "busybox": {"busybox", "sh"}, "bash": {"bash"}}

// everyShell runs a test once with each shell.
func everyShell(t *testing.T, f func(t *testing.T, shell []string)) {
	for name, words := range localShells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tool.Find(t, words[0])
			f(t, words)
		})
	}
}

// machine runs the commands of execs on this machine: a real shell, real files
// and real processes behind the scripted API server. A pod's folder stands for
// its container's working directory.
type machine struct {
	t     *testing.T
	srv   *kubetest.Server
	shell []string
	root  string
	// has is the command with which the container's shell is started.
	has []string

	mu      sync.Mutex
	running int
}

func newMachine(t *testing.T, shell []string) *machine {
	m := &machine{t: t, srv: kubetest.Start(t), shell: shell, root: t.TempDir(), has: []string{"sh"}}
	m.srv.HandleExec(m.exec)
	t.Cleanup(func() {
		for deadline := time.Now().Add(5 * time.Second); m.count() > 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("%d processes outlive their streams by seconds", m.count())
				return
			}
		}
	})
	return m
}

// pod makes a running pod with one container, app, and its folder.
func (m *machine) pod(name string) *kubetest.Container {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Join(m.root, name), 0o755); err != nil {
		m.t.Fatal(err)
	}
	return webPod(m.t, m.srv, name)
}

func (m *machine) path(pod, file string) string { return filepath.Join(m.root, pod, file) }

func (m *machine) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.running
}

func (m *machine) add(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running += n
}

func (m *machine) exec(_ context.Context, r kubetest.ExecRequest, stdin io.Reader, stdout, stderr io.Writer) int {
	n := len(m.has)
	if !slices.Equal(r.Command[:n], m.has) {
		return kubetest.ExecNotFound
	}
	words := append(append([]string{}, m.shell...), r.Command[n:]...)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = filepath.Join(m.root, r.Pod)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		m.t.Error(err)
		return 1
	}
	if err := cmd.Start(); err != nil {
		m.t.Error(err)
		return 1
	}
	m.add(1)
	defer m.add(-1)
	go func() {
		_, _ = io.Copy(in, stdin) // the process may have ended
		in.Close()
	}()
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return exit.ExitCode()
	}
	return 0
}

// write appends numbered lines to a file, slowly enough to be looked at meanwhile.
func (m *machine) write(pod, file string, from, to int) {
	m.t.Helper()
	f, err := os.OpenFile(m.path(pod, file), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		m.t.Fatal(err)
	}
	defer f.Close()
	for i := from; i <= to; i++ {
		fmt.Fprintln(f, numbered(i))
		if i%20 == 0 {
			time.Sleep(2 * time.Millisecond)
		}
	}
}

func (m *machine) text(pod, file, text string) {
	m.t.Helper()
	if err := os.WriteFile(m.path(pod, file), []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// append adds text to a file.
func (m *machine) append(pod, file, text string) {
	m.t.Helper()
	f, err := os.OpenFile(m.path(pod, file), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		m.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) rename(pod, from, to string) {
	m.t.Helper()
	if err := os.Rename(m.path(pod, from), m.path(pod, to)); err != nil {
		m.t.Fatal(err)
	}
}

// copyTruncate is what logrotate does with that option.
func (m *machine) copyTruncate(pod, file, to string) {
	m.t.Helper()
	text, err := os.ReadFile(m.path(pod, file))
	if err != nil {
		m.t.Fatal(err)
	}
	m.text(pod, to, string(text))
	if err := os.Truncate(m.path(pod, file), 0); err != nil {
		m.t.Fatal(err)
	}
}

// execs counts the exec requests so far.
func (m *machine) execs() int {
	return m.srv.CountRequests(func(r kubetest.RequestRecord) bool { return strings.HasSuffix(r.Path, "/exec") })
}

// once runs mlogs on the pods' files to its end.
func (m *machine) once(args ...string) (*invocation, error) {
	m.t.Helper()
	run := start(m.t, m.srv, append([]string{"-n", "shop", "web", "--color=never", "--no-follow"}, args...)...)
	return run, run.Wait()
}

// follow starts mlogs on the pods' files, with all of their past.
func (m *machine) follow(args ...string) *invocation {
	m.t.Helper()
	return start(m.t, m.srv, append([]string{"-n", "shop", "web", "--color=never", "--tail=-1"}, args...)...)
}

// expectFile fails unless lines 1..to of a file were printed once each, in order.
func (m *invocation) expectFile(pod, file string, to int) {
	m.t.Helper()
	m.expectAll(pod, "app "+file, 1, to)
}

// expectNoGap fails when a gap was told.
func (m *invocation) expectNoGap() {
	m.t.Helper()
	if said := m.Err.String(); strings.Contains(said, "gap:") {
		m.t.Errorf("a gap was told:\n%s", said)
	}
}
