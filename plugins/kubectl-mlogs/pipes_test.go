//go:build unix

package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// What other programs write into the pipe joins the stream, and the pipe is gone
// when mlogs is.
func TestFIFO(t *testing.T) {
	srv := kubetest.Start(t)
	c := webPod(t, srv, "web-0")
	pipe := filepath.Join(t.TempDir(), "shout")
	m := start(t, srv, "-n", "shop", "web", "--fifo", pipe, "-o", "json")
	c.Write("from the pod")
	m.Prints(`"pod":"web-0","container":"app","node":"node-1","message":"from the pod"}`)
	for _, text := range []string{"deploy 42 started\n", "2026-11-23T21:00:00Z keeps its time\n"} {
		if err := os.WriteFile(pipe, []byte(text), 0); err != nil {
			t.Fatal(err)
		}
	}
	m.Prints(`"pod":"fifo","container":"","node":"","message":"deploy 42 started"}`)
	m.Prints(`"message":"2026-11-23T21:00:00Z keeps its time"}`)
	m.Stop()
	if _, err := os.Lstat(pipe); !os.IsNotExist(err) {
		t.Errorf("the pipe is still there: %v", err)
	}
}

func TestFIFOPrefixWithNamespaces(t *testing.T) {
	srv := kubetest.Start(t)
	webPod(t, srv, "web-0")
	pipe := filepath.Join(t.TempDir(), "shout")
	m := start(t, srv, "-A", "web", "--fifo", pipe)
	m.Until("the pipe", func() bool { _, err := os.Lstat(pipe); return err == nil })
	if err := os.WriteFile(pipe, []byte("hello\n"), 0); err != nil {
		t.Fatal(err)
	}
	m.Prints("fifo hello\n")
	if out := m.Out.String(); out != "fifo hello\n" {
		t.Errorf("stdout %q", out)
	}
}

// openPipe waits for the pipe and opens it for reading.
func openPipe(t *testing.T, path string) *bufio.Reader {
	t.Helper()
	var f *os.File
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		var err error
		if f, err = os.Open(path); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { f.Close() })
	return bufio.NewReader(f)
}

func readLine(t *testing.T, from *bufio.Reader) string {
	t.Helper()
	line, err := from.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// Lines wait for a reader, and stdout is not used.
func TestFIFOOnly(t *testing.T) {
	srv := kubetest.Start(t)
	c := webPod(t, srv, "web-0")
	writeLines(c, 1, 2000)
	pipe := filepath.Join(t.TempDir(), "shout")
	m := start(t, srv, "-n", "shop", "web", "--fifo", pipe, "--fifo-only", "--no-follow")
	time.Sleep(200 * time.Millisecond)
	reader := openPipe(t, pipe)
	for i := 1; i <= 2000; i++ {
		if got, want := readLine(t, reader), "web-0 app "+numbered(i)+"\n"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	if err := m.Wait(); err != nil || m.Out.String() != "" {
		t.Errorf("ended with %v, stdout %q", err, m.Out.String())
	}
}

func TestFIFOOnlyStopsWithItsReader(t *testing.T) {
	srv := kubetest.Start(t)
	c := webPod(t, srv, "web-0")
	c.Write("hello")
	pipe := filepath.Join(t.TempDir(), "shout")
	m := start(t, srv, "-n", "shop", "web", "--fifo", pipe, "--fifo-only", "--on-reader-exit=stop")
	var f *os.File
	m.Until("the pipe", func() bool { var err error; f, err = os.Open(pipe); return err == nil })
	if got := readLine(t, bufio.NewReader(f)); got != "web-0 app hello\n" {
		t.Errorf("got %q", got)
	}
	f.Close()
	if err := m.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
	if _, err := os.Lstat(pipe); !os.IsNotExist(err) {
		t.Errorf("the pipe is still there: %v", err)
	}
}

// A pipe for each log: one that nobody reads holds nobody up.
func TestFIFODir(t *testing.T) {
	srv := kubetest.Start(t)
	a, b := webPod(t, srv, "web-0"), webPod(t, srv, "web-1")
	writeLines(a, 1, 5000)
	writeLines(b, 1, 100)
	dir := filepath.Join(t.TempDir(), "pipes")
	m := start(t, srv, "-n", "shop", "web", "--fifo-dir", dir)
	reader := openPipe(t, filepath.Join(dir, "web-1_app"))
	for i := 1; i <= 100; i++ {
		if got, want := readLine(t, reader), "web-1 app "+numbered(i)+"\n"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	other := openPipe(t, filepath.Join(dir, "web-0_app"))
	for i := 1; i <= 5000; i++ {
		if got, want := readLine(t, other), "web-0 app "+numbered(i)+"\n"; got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	m.Stop()
	if _, err := os.Lstat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestPipesThatAreRefused(t *testing.T) {
	srv := kubetest.Start(t)
	webPod(t, srv, "web-0")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--fifo", file}, {"--fifo", file, "--fifo-only"}} {
		m := start(t, srv, append([]string{"-n", "shop", "web"}, args...)...)
		if err := m.Wait(); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%q: %v", args, err)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "precious" {
		t.Errorf("the file: %q, %v", text, err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "web-0_app"), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := start(t, srv, "-n", "shop", "web", "--fifo-dir", dir, "--no-follow")
	if err := m.Wait(); err == nil {
		t.Error("a pipe that could not be made is no error")
	}
	m.Says("could not read shop/web-0/app")
	m.Says("web-0_app")
}
