package file

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kubechores/kubechores/pkg/kubetest/tool"
)

// localShells are the shells that containers have: Debian's, Alpine's and Red Hat's.
var localShells = map[string][]string{"dash": {"dash"}, "busybox": {"busybox", "sh"}, "bash": {"bash"}}

// everyShell runs a test once with each shell.
func everyShell(t *testing.T, f func(t *testing.T, shell []string)) {
	t.Parallel()
	for name, words := range localShells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tool.Find(t, words[0])
			f(t, words)
		})
	}
}

// adopt makes orphans children of the test's process, which like most programs
// that are process 1 of a container does not know of them.
var adopt = sync.OnceValue(func() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) })

// agentRun is an agent that runs on this machine.
type agentRun struct {
	t    *testing.T
	cmd  *exec.Cmd
	life io.WriteCloser // its stdin
	done chan struct{}

	mu    sync.Mutex
	notes []string
	gen   *generation // of the bytes that come
	files map[string]*generation
	text  map[string]*bytes.Buffer // by descriptor, since the last turn
	bad   error
}

// launch starts an agent. change, where not nil, may change how.
func launch(t *testing.T, shell []string, dir string, change func(*exec.Cmd), args ...string) *agentRun {
	t.Helper()
	if err := adopt(); err != nil {
		t.Fatal(err)
	}
	words := command(shell, testMark, args)
	path, err := exec.LookPath(words[0])
	if err != nil {
		t.Fatal(err)
	}
	a := &agentRun{t: t, cmd: &exec.Cmd{Path: path, Args: words, Dir: dir}, done: make(chan struct{}),
		files: map[string]*generation{}, text: map[string]*bytes.Buffer{}}
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a.life, err = a.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	frames := newFrames(testMark, a.note, a.data)
	a.cmd.Stdout = writer(func(p []byte) (int, error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if err := frames.take(p); err != nil {
			a.bad = err
		}
		return len(p), nil
	})
	if change != nil {
		change(a.cmd)
	}
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(a.life, agent) }()
	go func() {
		defer close(a.done)
		_ = a.cmd.Wait()
	}()
	t.Cleanup(a.end)
	return a
}

// inAll starts an agent in each shell. They look at the same files, so that they
// all wait at the same time.
func inAll(t *testing.T, dir string, args ...string) (pack []*agentRun) {
	t.Helper()
	for _, shell := range localShells {
		pack = append(pack, launch(t, shell, dir, nil, args...))
	}
	return pack
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func (a *agentRun) note(kind, rest string) error {
	a.notes = append(a.notes, strings.TrimSpace(kind+" "+rest))
	switch kind {
	case "turn":
		a.files["5"], a.text["5"] = a.files["4"], a.text["4"]
		delete(a.files, "4")
		delete(a.text, "4")
	case "at":
		fd, at, err := parseAt(rest)
		if err != nil {
			return err
		}
		name := decimal(fd)
		if a.files[name] == nil {
			a.files[name], a.text[name] = &generation{pos: at}, &bytes.Buffer{}
		}
		a.gen = a.files[name]
		a.gen.at = at
	case "end":
		a.gen = nil
	}
	return nil
}

func (a *agentRun) data(p []byte) error {
	if a.gen == nil {
		return fmt.Errorf("%q is no part of a file", p)
	}
	fresh, err := a.gen.take(p)
	for name, g := range a.files {
		if g == a.gen {
			a.text[name].Write(fresh)
		}
	}
	return err
}

// sent is what came of the file with a descriptor, from the first block on.
func (a *agentRun) sent(fd string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.text[fd] == nil {
		return ""
	}
	return a.text[fd].String()
}

func (a *agentRun) said() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.bad != nil {
		a.t.Errorf("what it sends makes no sense: %v", a.bad)
	}
	return append([]string{}, a.notes...)
}

// until waits for a condition.
func (a *agentRun) until(what string, ok func() bool) {
	a.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			a.t.Fatalf("never came: %s; notes:\n%s", what, strings.Join(a.said(), "\n"))
		}
	}
}

// says waits for a note.
func (a *agentRun) says(note string) {
	a.t.Helper()
	a.until("the note "+note, func() bool { return a.has(note) })
}

func (a *agentRun) has(note string) bool {
	for _, n := range a.said() {
		if n == note || strings.HasPrefix(n, note+" ") {
			return true
		}
	}
	return false
}

// sends waits until a descriptor's text is what is wanted.
func (a *agentRun) sends(fd, want string) {
	a.t.Helper()
	a.until(fmt.Sprintf("%d bytes of %s", len(want), fd), func() bool { return a.sent(fd) == want })
}

// finishes waits for the agent's own end.
func (a *agentRun) finishes() {
	a.t.Helper()
	select {
	case <-a.done:
	case <-time.After(10 * time.Second):
		a.t.Fatalf("it does not end; notes:\n%s", strings.Join(a.said(), "\n"))
	}
	a.leaves("alive", living(a.cmd.Process.Pid), 5*time.Second)
}

// leaves waits until nothing is left of it.
func (a *agentRun) leaves(what string, left func() []string, patience time.Duration) {
	a.t.Helper()
	for deadline := time.Now().Add(patience); len(left()) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			a.t.Errorf("left behind %s: %v", what, left())
			return
		}
	}
}

// end cuts the lifeline.
func (a *agentRun) end() {
	a.t.Helper()
	a.life.Close()
	began := time.Now()
	a.finishes()
	if took := time.Since(began); took > 6*time.Second {
		a.t.Errorf("it went on for %v after its stdin had ended", took)
	}
	// Where the machine is so busy that the agent was killed before it had reaped its
	// child, init does that, and takes its time.
	a.leaves("dead", func() []string { return family(a.cmd.Process.Pid) }, 30*time.Second)
}

// living are those of a group that are not dead.
func living(group int) func() []string {
	return func() []string {
		return slices.DeleteFunc(family(group), func(p string) bool { return strings.HasSuffix(p, " Z") })
	}
}

// family are the processes of a group, the dead ones too that nobody has reaped.
func family(group int) []string {
	var found []string
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		b, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		i := bytes.LastIndexByte(b, ')') // PID (NAME) STATE PARENT GROUP
		if words := strings.Fields(string(b[i+1:])); len(words) > 2 && words[2] == strconv.Itoa(group) {
			found = append(found, string(b[:i+1])+" "+words[0])
		}
	}
	return found
}
