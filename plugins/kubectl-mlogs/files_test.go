package main

import (
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

func TestFollowFiles(t *testing.T) {
	everyShell(t, func(t *testing.T, shell []string) {
		m := newMachine(t, shell)
		m.pod("web-0")
		m.pod("web-1")
		m.write("web-0", "app.log", 1, 100)
		run := m.follow("--file", "app.log")
		run.Says("waiting for shop/web-1/app:app.log: there is no such file")
		m.write("web-1", "app.log", 1, 50)
		m.write("web-0", "app.log", 101, 150)
		run.expectFile("web-0", "app.log", 150)
		run.expectFile("web-1", "app.log", 50)
		m.pod("web-2")
		m.write("web-2", "app.log", 1, 10)
		run.expectFile("web-2", "app.log", 10)
		run.expectNoGap()
		run.Stop()
	})
}

// Streams that end in every way, at every place, while the file is written.
func TestFilesThroughBrokenStreams(t *testing.T) {
	for name, fault := range map[string]kubetest.Fault{
		"ends cleanly":      {AfterBytes: 12_007, End: kubetest.Clean},
		"is reset":          {AfterBytes: 12_007, End: kubetest.Reset},
		"is refused thrice": {Skip: 1, Times: 3, Status: 500, Message: "dial tcp 10.0.0.1:10250: connect: connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, localShells["dash"])
			m.pod("web-0")
			fault.Match = kubetest.ExecsIn("shop", "web-0", "app")
			handle := m.srv.Fault(fault)
			run := m.follow("--file", "app.log")
			for i := range 12 {
				m.write("web-0", "app.log", 200*i+1, 200*i+200)
				time.Sleep(100 * time.Millisecond)
				if i == 6 {
					m.srv.CutExecs(kubetest.Clean)
				}
			}
			run.expectFile("web-0", "app.log", 2400)
			run.expectNoGap()
			if handle.Count() == 0 {
				t.Error("the fault never struck")
			}
		})
	}
}

// A program writes to the renamed file until it is told to open the new one.
func TestRenamedFile(t *testing.T) {
	everyShell(t, func(t *testing.T, shell []string) {
		m := newMachine(t, shell)
		m.pod("web-0")
		m.write("web-0", "app.log", 1, 100)
		run := m.follow("--file", "app.log")
		run.expectFile("web-0", "app.log", 100)
		m.rename("web-0", "app.log", "app.log.1")
		m.write("web-0", "app.log.1", 101, 120)
		m.text("web-0", "app.log", "")
		m.write("web-0", "app.log.1", 121, 140)
		run.expectFile("web-0", "app.log", 140)
		m.write("web-0", "app.log", 141, 200)
		run.expectFile("web-0", "app.log", 200)
		run.expectNoGap()
	})
}

// Two rotations while the API server is away.
func TestRotationsWhileAway(t *testing.T) {
	m := newMachine(t, localShells["busybox"])
	m.pod("web-0")
	m.text("web-0", "app.log.9", "an old one\n")
	m.write("web-0", "app.log", 1, 100)
	run := m.follow("--file", "app.log")
	run.expectFile("web-0", "app.log", 100)
	m.srv.Down()
	m.write("web-0", "app.log", 101, 200)
	m.rename("web-0", "app.log", "app.log.1")
	m.write("web-0", "app.log", 201, 300)
	time.Sleep(1100 * time.Millisecond) // times of files have whole seconds here
	m.rename("web-0", "app.log.1", "app.log.2")
	m.rename("web-0", "app.log", "app.log.1")
	m.write("web-0", "app.log", 301, 400)
	if err := m.srv.Up(); err != nil {
		t.Fatal(err)
	}
	run.expectFile("web-0", "app.log", 400)
	run.expectNoGap()
	if strings.Contains(run.Out.String(), "an old one") {
		t.Error("an older file was read")
	}
}

func TestCopyTruncate(t *testing.T) {
	everyShell(t, func(t *testing.T, shell []string) {
		m := newMachine(t, shell)
		m.pod("web-0")
		m.write("web-0", "app.log", 1, 500)
		run := m.follow("--file", "app.log")
		run.expectFile("web-0", "app.log", 500)
		m.write("web-0", "app.log", 501, 600) // just before: not yet read
		m.copyTruncate("web-0", "app.log", "app.log.1")
		m.write("web-0", "app.log", 601, 700)
		run.expectFile("web-0", "app.log", 700)
		run.expectNoGap()
	})
}

// A truncated file that has outgrown its old size before anybody looks again:
// only its text shows that it is another one.
func TestTruncatedAndGrownWhileAway(t *testing.T) {
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	m.write("web-0", "app.log", 1, 300)
	run := m.follow("--file", "app.log")
	run.expectFile("web-0", "app.log", 300)
	m.srv.Down()
	m.write("web-0", "app.log", 301, 310)
	m.copyTruncate("web-0", "app.log", "app.log.1")
	m.write("web-0", "app.log", 311, 1000)
	if err := m.srv.Up(); err != nil {
		t.Fatal(err)
	}
	run.expectFile("web-0", "app.log", 1000)
	run.expectNoGap()
}

func TestTruncationWithoutACopyIsAGap(t *testing.T) {
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	m.write("web-0", "app.log", 1, 100)
	run := m.follow("--file", "app.log")
	run.expectFile("web-0", "app.log", 100)
	m.text("web-0", "app.log", "")
	run.Says("gap: lines of shop/web-0/app:app.log may be missing")
	run.Says("the file was truncated, and no copy of it was found")
	m.write("web-0", "app.log", 101, 200)
	run.expectFile("web-0", "app.log", 200)
}
