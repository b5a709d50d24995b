package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// What is no file that can be read is said, and with --no-follow it is an error.
func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	m.text("web-0", "core", "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x3e\x00\n")
	if err := os.Symlink("/dev/stdout", m.path("web-0", "out.log")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(m.path("web-0", "logs"), 0o755); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"none.log":  "could not read shop/web-0/app:none.log: there is no such file",
		"logs":      "could not read shop/web-0/app:logs: this is a directory; name the files in it, as in --file 'DIR/*.log'",
		"core":      "could not read shop/web-0/app:core: this looks like a binary file, not a log",
		"out.log":   "this is a link to /dev/stdout, no file; what the container writes there is in its own log: leave out --file, or add --stdout",
		"/dev/null": "could not read shop/web-0/app:/dev/null: this is a device, a pipe or a socket, not a file",
		"none*.log": "could not read shop/web-0/app:none*.log: no file matches none*.log",
	} {
		run, err := m.once("--file", file)
		if code := cli.ExitCode(t.Context(), err); code != cli.CodeError {
			t.Errorf("%s: exit code %d", file, code)
		}
		if said := run.Err.String(); strings.Count(said, want) != 1 || run.Out.String() != "" {
			t.Errorf("%s: stdout %q, stderr:\n%s\nwant once: %s", file, run.Out.String(), said, want)
		}
	}
}

// What cannot be read may become a file later.
func TestUnreadableBecomesAFile(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	if err := os.Mkdir(m.path("web-0", "app.log"), 0o755); err != nil {
		t.Fatal(err)
	}
	run := m.follow("--file", "app.log", "--file", "other.log")
	run.Says("cannot read shop/web-0/app:app.log: this is a directory")
	run.Says("waiting for shop/web-0/app:other.log: there is no such file")
	if err := os.Remove(m.path("web-0", "app.log")); err != nil {
		t.Fatal(err)
	}
	m.write("web-0", "app.log", 1, 20)
	run.expectFile("web-0", "app.log", 20)
	run.Says("reading shop/web-0/app:app.log again")
	m.rename("web-0", "app.log", "away")
	run.Says("waiting for shop/web-0/app:app.log: the file is gone")
	m.rename("web-0", "away", "app.log")
	m.write("web-0", "app.log", 21, 30)
	run.expectFile("web-0", "app.log", 30)
	run.Until("that it is read again", func() bool { return strings.Count(run.Err.String(), "reading shop/web-0/app:app.log again") == 2 })
	run.expectNoGap()
}

func TestContainerWithoutAShell(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.has = []string{"none"}
	m.pod("web-0")
	run := m.follow("--file", "/var/log/app.log")
	run.Says("could not read shop/web-0/app:/var/log/app.log: there is no shell in the container\n" +
		"By hand: kubectl debug -n shop web-0 -it --profile=general --image=busybox --target=app -- tail -n 10 -F /proc/1/root/var/log/app.log\n")
	if n := m.execs(); n > 10 {
		t.Errorf("%d execs to find that out", n)
	}
	if code := cli.ExitCode(t.Context(), run.Stop()); code != cli.CodeError {
		t.Errorf("exit code %d", code)
	}
}

// Images have their shells in different places. The one that works is remembered.
func TestOtherShells(t *testing.T) {
	for _, has := range [][]string{{"/bin/sh"}, {"/busybox/sh"}, {"busybox", "sh"}, {"bash"}} {
		t.Run(strings.Join(has, " "), func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, localShells["busybox"])
			m.has = has
			m.pod("web-0")
			m.write("web-0", "app.log", 1, 20)
			run := m.follow("--file", "app.log")
			run.expectFile("web-0", "app.log", 20)
			before := m.execs()
			m.srv.CutExecs(kubetest.Reset)
			m.write("web-0", "app.log", 21, 40)
			run.expectFile("web-0", "app.log", 40)
			if n := m.execs() - before; n > 2 {
				t.Errorf("%d execs to go on", n)
			}
		})
	}
}

func TestFilesOverSPDY(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.srv.DisableWebSocket()
	m.pod("web-0")
	m.write("web-0", "app.log", 1, 100)
	run := m.follow("--file", "app.log")
	run.expectFile("web-0", "app.log", 100)
	m.srv.CutExecs(kubetest.Reset)
	m.write("web-0", "app.log", 101, 200)
	run.expectFile("web-0", "app.log", 200)
	run.expectNoGap()
}

func TestFilesWithoutTheRight(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.srv.Forbid("create", "pods/exec")
	m.pod("web-0")
	m.write("web-0", "app.log", 1, 10)
	for _, file := range []string{"app.log", "*.log"} {
		run, err := m.once("--file", file)
		said := run.Err.String()
		if cli.ExitCode(t.Context(), err) != cli.CodeError || !strings.Contains(said, "not allowed to read shop/web-0/app:"+file) ||
			!strings.Contains(said, "this takes the right to create pods/exec (and to get it, before Kubernetes 1.35) in namespace shop") {
			t.Errorf("%s: %v, and it says:\n%s", file, err, said)
		}
	}
	run := m.follow("--file", "app.log")
	run.Says("the right to create pods/exec")
	time.Sleep(time.Second)
	before := m.execs()
	time.Sleep(time.Second)
	if n := m.execs() - before; n > 0 {
		t.Errorf("it asks again %d times in a second", n)
	}
}

// Whatever goes wrong, an API server and a container get few execs.
func TestFewExecsInTrouble(t *testing.T) {
	for name, trouble := range map[string]kubetest.Fault{
		"refused": {Status: 500}, "reset at once": {End: kubetest.Reset}, "closed after the first note": {AfterBytes: 60, End: kubetest.Clean},
		"closed soon": {AfterBytes: 3000, End: kubetest.Clean},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, localShells["dash"])
			m.pod("web-0")
			m.write("web-0", "app.log", 1, 2000)
			trouble.Match = kubetest.ExecsIn("shop", "web-0", "app")
			handle := m.srv.Fault(trouble)
			run := m.follow("--file", "app.log", "--file", "*.txt")
			const watched = 1500 * time.Millisecond
			time.Sleep(watched)
			if n := m.execs(); n > 16 || n < 2 {
				t.Errorf("%d execs in %v", n, watched)
			}
			handle.Remove()
			run.expectFile("web-0", "app.log", 2000)
			run.expectNoGap()
		})
	}
}

// A file that is written anew all the time is read as well as may be.
func TestFileThatIsRewrittenAllTheTime(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	run := m.follow("--file", "app.log")
	ended := time.After(3 * time.Second)
	for i := 0; ; i++ {
		m.text("web-0", "app.log", strings.Repeat("status "+strings.Repeat("x", i%5)+"\n", 400))
		select {
		case <-ended:
			if n := m.execs(); n > 30 {
				t.Errorf("%d execs in 3 s", n)
			}
			run.Says("gap: lines of shop/web-0/app:app.log may be missing")
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}
