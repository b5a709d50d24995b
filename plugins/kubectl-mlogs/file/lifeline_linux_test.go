package file

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// asNobody runs a command without root's rights.
func asNobody(c *exec.Cmd) {
	if os.Getuid() == 0 {
		c.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
}

// full makes a pipe's writing end stdout, with so many bytes of room. Nobody reads
// it, as when mlogs is gone: the container runtime keeps the other end.
func full(t *testing.T, room int) func(*exec.Cmd) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	// Filled to its size, not until a deadline: one that passed before the first byte
	// left the pipe empty. A user with very many pipes gets small ones.
	size, err := unix.FcntlInt(w.Fd(), unix.F_GETPIPE_SZ, 0)
	if err != nil || size <= room {
		t.Fatalf("a pipe of %d bytes (%v) cannot give room for %d", size, err, room)
	}
	if _, err := w.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	for room > 0 { // a pipe gives room by pages
		n, err := r.Read(make([]byte, room))
		if err != nil {
			t.Fatal(err)
		}
		room -= n
	}
	return func(c *exec.Cmd) { c.Stdout = w }
}

// The end of stdin ends the agent, whatever it is doing, and leaves no process
// behind, and no dead one that nobody reaps. launch's end checks that.
func TestNothingStaysBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "app.log"), strings.Repeat("0123456789\n", 1000))
	for _, a := range inAll(t, dir, opTail, "app.log", "0") {
		a.end()
	}
	for range 5 { // at other moments
		for note, args := range map[string][]string{
			"missing": {opTail, "other.log", "0"}, "end": {opTail, "app.log", "0"}, "listed": {opList, "*.log"},
		} {
			for _, a := range inAll(t, dir, args...) {
				a.says(note)
				time.Sleep(17 * time.Millisecond)
				a.end()
			}
		}
	}
}

// Nobody takes what it sends: dd waits, or the shell itself does.
func TestNothingStaysBehindAFullPipe(t *testing.T) {
	t.Parallel()
	for name, room := range map[string]int{"the first note": 0, "a note": 4096, "the file": 32 << 10} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "app.log"), strings.Repeat("0123456789\n", 10_000))
			for i := range 500 {
				write(t, filepath.Join(dir, "a-file-with-a-name-of-many-letters-so-that-the-pipe-is-full-soon-"+decimal(int64(i))), "")
			}
			var pack []*agentRun
			for _, shell := range localShells {
				pack = append(pack, launch(t, shell, dir, full(t, room), opTail, "app.log", "0"), launch(t, shell, dir, full(t, room), opList, "*"))
			}
			time.Sleep(time.Second)
			for _, a := range pack {
				if len(family(a.cmd.Process.Pid)) < 3 {
					t.Error("it does not wait")
				}
			}
		})
	}
}

// On a busy machine each step takes long, and the agent is given the time to wait for
// what it has started. busybox is not among the shells: its stat is built in.
func TestNothingStaysBehindOnABusyMachine(t *testing.T) {
	t.Parallel()
	stat, err := exec.LookPath("stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, shell := range []string{"dash", "bash"} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			dir, bin := t.TempDir(), t.TempDir()
			write(t, filepath.Join(dir, "app.log"), "x\n")
			script := "#!/bin/sh\n[ -e " + dir + "/busy ] && { : >" + dir + "/slow; sleep 3; }\nexec " + stat + " \"$@\"\n"
			if err := os.WriteFile(filepath.Join(bin, "stat"), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			a := launch(t, localShells[shell], dir, func(c *exec.Cmd) {
				c.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
			}, opTail, "app.log", "0")
			a.says("past")
			write(t, filepath.Join(dir, "busy"), "")
			a.until("a slow stat", func() bool { return os.Remove(filepath.Join(dir, "slow")) == nil })
			a.end()
		})
	}
}

// An agent that runs for hours must not gather dead children either.
func TestChildrenAreReaped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "app.log")
	write(t, path, "x\n")
	pack := inAll(t, dir, opTail, "app.log", "0")
	for range 10 {
		write(t, path, "y\n")
		time.Sleep(100 * time.Millisecond)
	}
	var before [][]string
	for _, a := range pack {
		before = append(before, family(a.cmd.Process.Pid))
	}
	time.Sleep(600 * time.Millisecond)
	for i, a := range pack {
		for _, p := range family(a.cmd.Process.Pid) {
			if strings.HasSuffix(p, " Z") && slices.Contains(before[i], p) {
				t.Errorf("nobody reaps %s", p)
			}
		}
		if len(before[i]) > 6 {
			t.Errorf("many processes: %v", before[i])
		}
	}
}
