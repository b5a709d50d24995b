package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Files that come later join; a renamed one is not read again.
func TestGlobs(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["busybox"])
	m.pod("web-0")
	m.write("web-0", "a b.log", 1, 50)
	m.write("web-0", "app-2026-01-01.log", 1, 30)
	m.text("web-0", "other.txt", "not this one\n")
	run := m.follow("--file", "*.log*")
	run.expectFile("web-0", "a b.log", 50)
	run.expectFile("web-0", "app-2026-01-01.log", 30)
	m.write("web-0", "app-2026-01-02.log", 1, 40)
	m.rename("web-0", "a b.log", "a b.log.1")
	m.write("web-0", "a b.log", 51, 70)
	run.expectFile("web-0", "app-2026-01-02.log", 40)
	run.expectFile("web-0", "a b.log", 70)
	// When the old file has been given up, and is renamed once more.
	for i := range 60 {
		m.write("web-0", "a b.log", 71+i, 71+i)
		time.Sleep(140 * time.Millisecond)
	}
	m.rename("web-0", "a b.log.1", "a b.log.2")
	m.rename("web-0", "a b.log", "a b.log.1")
	m.write("web-0", "a b.log", 131, 140)
	m.write("web-0", "last.log", 1, 5)
	run.expectFile("web-0", "a b.log", 140)
	run.expectFile("web-0", "last.log", 5)
	for _, name := range []string{"a b.log.1", "a b.log.2"} {
		if got := run.linesOf("web-0", name); len(got) > 0 {
			t.Errorf("%s is read once more: %d lines", name, len(got))
		}
	}
	if strings.Contains(run.Out.String(), "not this one") {
		t.Error("a file that does not match was read")
	}
	run.expectNoGap()
}

// A program that names its files by date deletes the oldest when it begins one,
// and the new one may get its inode.
func TestGlobWithAnInodeThatComesAgain(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	m.write("web-0", "app-01.log", 1, 500)
	run := m.follow("--file", "app-*.log")
	run.expectFile("web-0", "app-01.log", 500)
	for i := 2; i < 3; i++ {
		name := fmt.Sprintf("app-%02d.log", i)
		if err := os.Remove(m.path("web-0", fmt.Sprintf("app-%02d.log", i-1))); err != nil {
			t.Fatal(err)
		}
		m.write("web-0", name, 1, 50*i)
		run.expectFile("web-0", name, 50*i)
	}
}

func TestGlobWithoutFiles(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	run := m.follow("--file", "logs/*.log")
	run.Says("waiting for shop/web-0/app:logs/*.log: no file matches logs/*.log")
	if err := os.Mkdir(filepath.Join(m.root, "web-0", "logs"), 0o755); err != nil {
		t.Fatal(err)
	}
	m.write("web-0", "logs/app.log", 1, 30)
	run.Until("its lines", func() bool { return strings.Contains(run.Out.String(), numbered(30)) })
	if got := strings.Count(run.Out.String(), " end\n"); got != 30 {
		t.Errorf("%d lines, want 30:\n%s", got, run.Out.String())
	}
}

func TestManyFiles(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	for i := range 20 {
		m.write("web-0", fmt.Sprintf("%02d.log", i), 1, 20)
	}
	run := m.follow("--file", "*.log")
	for i := range 20 {
		run.expectFile("web-0", fmt.Sprintf("%02d.log", i), 20)
	}
	m.srv.Down()
	for i := range 20 {
		m.write("web-0", fmt.Sprintf("%02d.log", i), 21, 40)
	}
	if err := m.srv.Up(); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		run.expectFile("web-0", fmt.Sprintf("%02d.log", i), 40)
	}
	run.expectNoGap()
}

// No more than so many are read at once; the others come when there is a place,
// even when the file that waits has been renamed by then.
func TestPlacesForFiles(t *testing.T) {
	t.Parallel()
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	m.pod("web-1")
	m.write("web-0", "app.log", 1, 20)
	m.write("web-1", "app.log", 1, 20)
	run := m.follow("--file", "app*", "--max-log-requests", "1")
	run.Says("waiting for one of the --max-log-requests places")
	first, second := "web-0", "web-1"
	run.Until("one file", func() bool { return strings.Contains(run.Out.String(), numbered(20)) })
	if strings.HasPrefix(run.Out.String(), second) {
		first, second = second, first
	}
	time.Sleep(300 * time.Millisecond)
	if len(run.linesOf(second, "app.log")) > 0 {
		t.Error("two files are read at once")
	}
	m.rename(second, "app.log", "app.log.1")
	m.write(second, "app.log", 21, 40)
	time.Sleep(2500 * time.Millisecond) // for the next list
	if err := m.srv.DeletePod("shop", first); err != nil {
		t.Fatal(err)
	}
	run.expectFile(second, "app.log", 40)
}
