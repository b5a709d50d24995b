//go:build e2e

package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// Readers that take turns on a named pipe, each leaving in the middle of a
// line: together they get every line once, and each begins with a whole one.
func TestReadersTakeTurns(t *testing.T) {
	ns := realcluster.New(t)
	ns.Apply(filePod("turns", fileWriter(realcluster.LogwriterImage, "exec /usr/local/bin/logwriter -prefix=$id -file=/logs/app.log -lines=4000 -rate=1000 -size=6000 -after=1h")))
	ns.Running("", 1)
	pipe := filepath.Join(t.TempDir(), "shout")
	run := ns.Start("mlogs", "turns", "--file", "/logs/app.log", "--tail=-1", "--fifo", pipe, "--fifo-only")
	var lines []string
	for turn := 0; len(lines) < 4000; turn++ {
		time.Sleep(150 * time.Millisecond) // nobody can tell one reader from the next who comes in the same instant
		for _, line := range readTurn(t, pipe, 100_000+turn%7*10_007) {
			message, ok := strings.CutPrefix(line, "turns app app.log ")
			if !ok || len(message) != 6000 {
				t.Fatalf("turn %d: not a whole line: %.100q (%d bytes)", turn, line, len(line))
			}
			lines = append(lines, message)
		}
		if turn > 1000 {
			t.Fatalf("only %d lines", len(lines))
		}
	}
	expectFileLines(t, "turns", inFiles(ns, "turns", "/logs/app.log"), lines, 0)
	if code := run.Stop(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	if _, err := os.Lstat(pipe); !os.IsNotExist(err) {
		t.Errorf("the pipe is still there: %v", err)
	}
}

// readTurn opens the pipe, reads about so many bytes, leaves, and returns the
// whole lines.
func readTurn(t *testing.T, pipe string, limit int) []string {
	t.Helper()
	var f *os.File
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var err error
		if f, err = os.Open(pipe); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	defer f.Close()
	if err := f.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Log(err)
	}
	var got bytes.Buffer
	buffer := make([]byte, 8192)
	for got.Len() < limit {
		n, err := f.Read(buffer)
		got.Write(buffer[:n])
		if err != nil {
			break
		}
	}
	lines := strings.Split(got.String(), "\n")
	return lines[:len(lines)-1] // the last one was left in its middle
}

// What the script of old did: one pipe, several pods, a file in each; and
// another program that writes into the pipe.
func TestSharedPipe(t *testing.T) {
	ns := realcluster.New(t)
	var pods []any
	for _, name := range []string{"pod-a", "pod-b", "pod-c"} {
		pods = append(pods, filePod(name, fileWriter(realcluster.LogwriterImage, "exec /usr/local/bin/logwriter -prefix=$id -file=/logs/hoge_log -lines=2000 -rate=500 -after=1h")))
	}
	ns.Apply(pods...)
	ns.Running("", 3)
	pipe := filepath.Join(t.TempDir(), "shout")
	run := ns.Start("mlogs", "--fifo", pipe, "pod-a", "pod-b", "pod-c", "-c", "app", "--file", "/logs/hoge_log", "--tail=-1")
	for _, pod := range []string{"pod-a", "pod-b", "pod-c"} {
		run.Prints(pod + " app hoge_log ")
	}
	if err := os.WriteFile(pipe, []byte("deploy 42 started\n"), 0); err != nil {
		t.Fatal(err)
	}
	run.Prints("\nfifo deploy 42 started\n")
	for _, pod := range []string{"pod-a", "pod-b", "pod-c"} {
		ns.Until("all lines of "+pod, 2*time.Minute, func() error { return atLeast(2000, printedUnder(run.Stdout(), pod+" app hoge_log ")) })
		expectFileLines(t, pod, inFiles(ns, pod, "/logs/hoge_log"), printedUnder(run.Stdout(), pod+" app hoge_log "), 0)
	}
	run.Stop()
	if entries, err := os.ReadDir(filepath.Dir(pipe)); err != nil || slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == "shout" }) {
		t.Errorf("the pipe is still there: %v, %v", entries, err)
	}
}
