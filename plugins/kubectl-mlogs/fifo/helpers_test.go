//go:build unix

package fifo

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// soon is how long a test waits for what must happen, and a moment is how long
// it looks at what must not.
const (
	soon   = 5 * time.Second
	moment = 50 * time.Millisecond
)

func newPipe(t *testing.T) *Pipe {
	t.Helper()
	p, err := Make(filepath.Join(t.TempDir(), "pipe"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Remove() })
	return p
}

// newWriter returns a Writer that ends with the test. Without polls, it works
// as on systems that do not tell when a reader leaves.
func newWriter(t *testing.T, p *Pipe, policy Policy, polls bool) (*Writer, context.CancelCauseFunc) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	w := &Writer{
		pipe: p, policy: policy, polls: polls, fd: -1,
		wrote: make(chan struct{}, 1), watched: make(chan struct{}), gone: make(chan struct{}),
	}
	w.start(ctx)
	t.Cleanup(func() {
		cancel(nil)
		_ = w.Close()
	})
	return w, cancel
}

// within fails the test unless f returns soon.
func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(soon):
		t.Fatalf("%s: not after %v", what, soon)
	}
}

// openFor opens the pipe as another program would, which waits for a partner.
func openFor(t *testing.T, p *Pipe, access int) *os.File {
	t.Helper()
	var f *os.File
	within(t, "open "+p.path, func() {
		var err error
		if f, err = os.OpenFile(p.path, access, 0); err != nil {
			t.Error(err)
		}
	})
	if f == nil {
		t.FailNow()
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func newReader(t *testing.T, p *Pipe) *os.File { t.Helper(); return openFor(t, p, os.O_RDONLY) }

// take reads n bytes.
func take(t *testing.T, from io.Reader, n int) string {
	t.Helper()
	buf := make([]byte, n)
	within(t, "read", func() {
		got, err := io.ReadFull(from, buf)
		if err != nil {
			t.Errorf("read %q, then: %v", buf[:got], err)
		}
	})
	return string(buf)
}

// later runs f and returns a channel for its error.
func later(f func() error) <-chan error {
	result := make(chan error, 1)
	go func() { result <- f() }()
	return result
}

// outcome is what comes soon.
func outcome(t *testing.T, what string, result <-chan error) error {
	t.Helper()
	select {
	case err := <-result:
		return err
	case <-time.After(soon):
		t.Fatalf("%s: not after %v", what, soon)
		return nil
	}
}

// pending fails the test when there is an outcome already.
func pending(t *testing.T, what string, result <-chan error) {
	t.Helper()
	select {
	case err := <-result:
		t.Fatalf("%s: ended too early: %v", what, err)
	case <-time.After(moment):
	}
}

// settled waits until the Writer has dealt with so many leavings.
func settled(t *testing.T, w *Writer, turns int) {
	t.Helper()
	for deadline := time.Now().Add(soon); w.turns.Load() < int64(turns); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the Writer has seen %d readers leave, want %d", w.turns.Load(), turns)
		}
	}
}

func mkfifo(t *testing.T, path string, mode uint32) {
	t.Helper()
	if err := unix.Mkfifo(path, mode); err != nil {
		t.Fatal(err)
	}
}
