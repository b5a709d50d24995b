package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// A file on a volume outlives its container, and nothing of it is lost.
func TestContainerRestartWithTheFileKept(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	c := m.pod("web-0")
	m.write("web-0", "app.log", 1, 100)
	run := m.follow("--file", "app.log", "--tail", "10")
	run.Prints(numbered(100))
	for i := range 3 {
		from := 101 + 100*i
		m.write("web-0", "app.log", from, from+49)
		c.Restart(1)
		m.write("web-0", "app.log", from+50, from+99)
	}
	run.Prints(numbered(400))
	run.Until("all of it", func() bool { return len(run.linesOf("web-0", "app.log")) == 310 })
	run.expectNoGap()
}

func TestContainerRestartWithANewFile(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	c := m.pod("web-0")
	m.write("web-0", "app.log", 1, 100)
	run := m.follow("--file", "app.log", "--tail", "10")
	run.Prints(numbered(100))
	c.Crash(1)
	m.rename("web-0", "app.log", "../gone") // as its inode is not given away yet
	m.write("web-0", "app.log", 201, 300)
	c.Recover()
	run.Prints(numbered(300))
	if got := run.linesOf("web-0", "app.log"); len(got) != 110 || got[10] != numbered(201) {
		t.Errorf("%d lines, want the last 10 and all 100 new ones", len(got))
	}
	run.Says("gap: lines of shop/web-0/app:app.log may be missing")
}

// The end of a pod ends its sources; that the end of the file was not seen is said.
func TestPodThatEndsWithFiles(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	c := m.pod("web-0")
	m.pod("web-1")
	m.write("web-0", "app.log", 1, 50)
	m.write("web-1", "app.log", 1, 50)
	m.append("web-1", "app.log", "unfinished")
	run := m.follow("--file", "app.log", "--file", "*.txt", "--until-done")
	run.expectFile("web-0", "app.log", 50)
	run.expectFile("web-1", "app.log", 50)
	c.Terminate(0)
	for _, pod := range []string{"web-0", "web-1"} {
		if err := m.srv.DeletePod("shop", pod); err != nil {
			t.Fatal(err)
		}
	}
	run.Prints("web-1 app app.log unfinished\n")
	run.Says("gap: lines of shop/web-")
	if err := run.Wait(); cli.ExitCode(t.Context(), err) != cli.CodeOK {
		t.Errorf("%v", err)
	}
}

func TestFilesOfAContainerThatDoesNotRun(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0").Crash(1)
	for _, file := range []string{"app.log", "*.log"} {
		run, err := m.once("--file", file)
		if want := "the container does not run, and its files cannot be read"; cli.ExitCode(t.Context(), err) != cli.CodeError || !strings.Contains(run.Err.String(), want) {
			t.Errorf("%s: %v, and it says:\n%s", file, err, run.Err.String())
		}
	}
}

// Several rotations, each found by the next look, and each cut short.
func TestCatchingUpThatIsCutShort(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	m.write("web-0", "app.log", 1, 100)
	run := m.follow("--file", "app.log")
	run.expectFile("web-0", "app.log", 100)
	m.srv.Down()
	for i := range 3 {
		m.write("web-0", "app.log", 1000*i+101, 1000*i+1100)
		m.shift("web-0", "app.log", 3)
	}
	m.write("web-0", "app.log", 3101, 3200)
	m.srv.Fault(kubetest.Fault{Match: kubetest.ExecsIn("shop", "web-0", "app"), AfterBytes: 18_000, End: kubetest.Reset})
	if err := m.srv.Up(); err != nil {
		t.Fatal(err)
	}
	run.expectFile("web-0", "app.log", 3200)
	run.expectNoGap()
}

// A file that is rotated twice between two looks of one agent.
func TestRotationsBetweenTwoLooks(t *testing.T) {
	everyShell(t, func(t *testing.T, shell []string) {
		m := newMachine(t, shell)
		m.pod("web-0")
		m.write("web-0", "app.log", 1, 100)
		run := m.follow("--file", "app.log")
		run.expectFile("web-0", "app.log", 100)
		for i := range 5 {
			m.write("web-0", "app.log", 10*i+101, 10*i+110)
			m.shift("web-0", "app.log", 6)
		}
		m.write("web-0", "app.log", 151, 160)
		run.expectFile("web-0", "app.log", 160)
		run.expectNoGap()
	})
}

// A rotation whose new file is late, with the stream cut meanwhile.
func TestRenamedFileWithoutASuccessor(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["busybox"])
	m.pod("web-0")
	m.write("web-0", "app.log", 1, 100)
	run := m.follow("--file", "app.log")
	run.expectFile("web-0", "app.log", 100)
	m.rename("web-0", "app.log", "app.log.1")
	m.srv.CutExecs(kubetest.Reset)
	m.write("web-0", "app.log.1", 101, 150)
	run.expectFile("web-0", "app.log", 150)
	run.Says("opened again where it had ended")
	m.write("web-0", "app.log.1", 151, 160)
	run.expectFile("web-0", "app.log", 160)
	m.write("web-0", "app.log", 161, 200)
	run.expectFile("web-0", "app.log", 200)
	run.expectNoGap()
}

// A writer that does not append leaves a hole where the truncated text was. What
// he wrote just before is in the copy.
func TestTruncatedUnderAWriterThatDoesNotAppend(t *testing.T) {
	for _, cut := range []bool{false, true} {
		t.Run(map[bool]string{false: "while it is followed", true: "while away"}[cut], func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, localShells["dash"])
			m.pod("web-0")
			f, err := os.Create(m.path("web-0", "app.log"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			write := func(from, to int) {
				var b strings.Builder
				for i := from; i <= to; i++ {
					b.WriteString(numbered(i) + "\n")
				}
				if _, err := io.WriteString(f, b.String()); err != nil {
					t.Fatal(err)
				}
			}
			write(1, 300)
			run := m.follow("--file", "app.log")
			run.expectFile("web-0", "app.log", 300)
			if cut {
				m.srv.Down()
			}
			write(301, 400)
			m.copyTruncate("web-0", "app.log", "app.log.1")
			write(401, 450)
			if cut {
				if err := m.srv.Up(); err != nil {
					t.Fatal(err)
				}
			}
			run.expectFile("web-0", "app.log", 450)
			write(451, 500)
			run.expectFile("web-0", "app.log", 500)
			run.expectNoGap()
		})
	}
}

// Copied, truncated and then renamed, all while nobody looked.
func TestTruncatedAndRenamedWhileAway(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	m.write("web-0", "app.log", 1, 300)
	run := m.follow("--file", "app.log")
	run.expectFile("web-0", "app.log", 300)
	m.srv.Down()
	m.write("web-0", "app.log", 301, 310)
	m.copyTruncate("web-0", "app.log", "app.log.2")
	m.write("web-0", "app.log", 311, 1000)
	m.rename("web-0", "app.log", "app.log.1")
	m.write("web-0", "app.log", 1001, 1100)
	if err := m.srv.Up(); err != nil {
		t.Fatal(err)
	}
	run.expectFile("web-0", "app.log", 1100)
	run.expectNoGap()
}

// The old file goes away while no stream is open: what came to it then is lost.
func TestOldFileThatGoesAway(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	m.write("web-0", "app.log", 1, 100)
	run := m.follow("--file", "app.log")
	run.expectFile("web-0", "app.log", 100)
	m.rename("web-0", "app.log", "app.log.1")
	m.write("web-0", "app.log", 101, 120)
	run.expectFile("web-0", "app.log", 120)
	m.srv.Down()
	m.append("web-0", "app.log.1", "late\n")
	if err := os.Remove(m.path("web-0", "app.log.1")); err != nil {
		t.Fatal(err)
	}
	if err := m.srv.Up(); err != nil {
		t.Fatal(err)
	}
	run.Says("the file before this one is not there any more")
	m.write("web-0", "app.log", 121, 140)
	run.expectFile("web-0", "app.log", 140)
}

// Streams that are cut in the middle of megabytes.
func TestCutInTheMiddleOfMegabytes(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	const lines = 200_000
	var b strings.Builder
	for i := range lines {
		b.WriteString(numbered(i+1) + "\n")
	}
	m.text("web-0", "app.log", b.String())
	for _, end := range []kubetest.End{kubetest.Clean, kubetest.Reset, kubetest.Clean} {
		m.srv.Fault(kubetest.Fault{Match: kubetest.ExecsIn("shop", "web-0", "app"), Skip: 1, Times: 1, AfterBytes: 1_234_567, End: end})
	}
	run := m.follow("--file", "app.log")
	run.expectFile("web-0", "app.log", lines)
	run.expectNoGap()
}

// shift renames a file and its numbered older parts, of which keep remain.
func (m *machine) shift(pod, file string, keep int) {
	m.t.Helper()
	older := func(n int) string { return fmt.Sprintf("%s.%d", file, n) }
	_ = os.Remove(m.path(pod, older(keep)))
	for n := keep - 1; n > 0; n-- {
		if _, err := os.Stat(filepath.Join(m.root, pod, older(n))); err == nil {
			m.rename(pod, older(n), older(n+1))
		}
	}
	m.rename(pod, file, older(1))
}
