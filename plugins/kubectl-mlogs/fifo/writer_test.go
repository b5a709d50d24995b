//go:build unix

package fifo

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestWriteWaitsForAReader(t *testing.T) {
	p := newPipe(t)
	w, _ := newWriter(t, p, Wait, true)
	write := later(func() error { _, err := w.Write([]byte("line\n")); return err })
	pending(t, "Write without a reader", write)
	if got := take(t, newReader(t, p), 5); got != "line\n" {
		t.Errorf("got %q", got)
	}
	if err := outcome(t, "Write", write); err != nil {
		t.Error(err)
	}
}

// A reader that comes before the first line need not wait for it.
func TestReaderNeedNotWaitForALine(t *testing.T) {
	p := newPipe(t)
	newWriter(t, p, Wait, true)
	newReader(t, p)
}

func TestContextEndsEveryWait(t *testing.T) {
	why := errors.New("the user has had enough")
	for _, test := range []struct {
		name string
		// wait waits; before it, prepare brings about what it is to wait for.
		prepare func(t *testing.T, p *Pipe, w *Writer)
		wait    func(w *Writer) error
	}{
		{"for the first reader", func(*testing.T, *Pipe, *Writer) {}, writeLine},
		{"for room", func(t *testing.T, p *Pipe, _ *Writer) { newReader(t, p) }, writeMuch},
		{"for the next reader", func(t *testing.T, p *Pipe, w *Writer) { readALineAndLeave(t, p, w) }, writeLine},
		{"for what is untaken, in Close", func(t *testing.T, p *Pipe, w *Writer) { leaveUntaken(t, p, w) }, (*Writer).Close},
		{"for the next reader, in Close", func(t *testing.T, p *Pipe, w *Writer) {
			leaveUntaken(t, p, w).Close()
			settled(t, w, 1)
		}, (*Writer).Close},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPipe(t)
			w, cancel := newWriter(t, p, Wait, true)
			test.prepare(t, p, w)
			result := later(func() error { return test.wait(w) })
			pending(t, "the wait", result)
			cancel(why)
			if err := outcome(t, "the wait", result); !errors.Is(err, why) {
				t.Errorf("error = %v, want %v", err, why)
			}
		})
	}
}

func writeLine(w *Writer) error { _, err := w.Write([]byte("line\n")); return err }
func writeMuch(w *Writer) error {
	_, err := w.Write(bytes.Repeat([]byte("line\n"), 1<<20))
	return err
}

func readALineAndLeave(t *testing.T, p *Pipe, w *Writer) {
	t.Helper()
	write := later(func() error { return writeLine(w) })
	from := newReader(t, p)
	take(t, from, 5)
	if err := outcome(t, "Write", write); err != nil {
		t.Fatal(err)
	}
	from.Close()
	settled(t, w, 1)
}

func leaveUntaken(t *testing.T, p *Pipe, w *Writer) *os.File {
	t.Helper()
	write := later(func() error { return writeLine(w) })
	from := newReader(t, p)
	if err := outcome(t, "Write", write); err != nil {
		t.Fatal(err)
	}
	return from
}

func TestStop(t *testing.T) {
	eachWay(t, func(t *testing.T, polls bool) {
		t.Run("while nothing is written", func(t *testing.T) {
			p := newPipe(t)
			w, _ := newWriter(t, p, Stop, polls)
			if err := w.Err(); err != nil {
				t.Errorf("before: Err = %v", err)
			}
			readALineAndLeave(t, p, w)
			within(t, "Gone", func() { <-w.Gone() })
			if err := w.Err(); err != ErrReaderGone {
				t.Errorf("Err = %v", err)
			}
			if n, err := w.Write([]byte("line\n")); n != 0 || err != ErrReaderGone {
				t.Errorf("Write = %d, %v", n, err)
			}
			if err := w.Close(); err != nil {
				t.Errorf("everything was taken, yet Close = %v", err)
			}
		})
		t.Run("before anything is written", func(t *testing.T) {
			p := newPipe(t)
			w, _ := newWriter(t, p, Stop, polls)
			newReader(t, p).Close()
			within(t, "Gone", func() { <-w.Gone() })
		})
		t.Run("in a write", func(t *testing.T) {
			p := newPipe(t)
			w, _ := newWriter(t, p, Stop, polls)
			write := later(func() error { return writeMuch(w) })
			from := newReader(t, p)
			take(t, from, 100_000)
			from.Close()
			if err := outcome(t, "Write", write); err != ErrReaderGone {
				t.Errorf("Write: error = %v", err)
			}
			if err := w.Close(); err != ErrReaderGone {
				t.Errorf("lines are lost, yet Close = %v", err)
			}
		})
		t.Run("before all was taken", func(t *testing.T) {
			p := newPipe(t)
			w, _ := newWriter(t, p, Stop, polls)
			leaveUntaken(t, p, w).Close()
			if err := w.Close(); err != ErrReaderGone {
				t.Errorf("a line is lost, yet Close = %v", err)
			}
		})
	})
}

// Without its path, the pipe has the reader it has, and none after that.
func TestPipeIsRemovedMeanwhile(t *testing.T) {
	p := newPipe(t)
	w, _ := newWriter(t, p, Wait, true)
	from := leaveUntaken(t, p, w)
	remove(t, p.path)
	if err := writeLine(w); err != nil {
		t.Errorf("Write to the reader that is there: %v", err)
	}
	if got := take(t, from, 10); got != "line\nline\n" {
		t.Errorf("got %q", got)
	}
	from.Close()
	within(t, "Gone", func() { <-w.Gone() })
	if err := w.Err(); err == nil || !strings.Contains(err.Error(), p.path+" has been removed or replaced") {
		t.Errorf("Err = %v", err)
	}
}

// Nor is a reader waited for that cannot come.
func TestPipeIsRemovedBetweenReaders(t *testing.T) {
	p := newPipe(t)
	w, _ := newWriter(t, p, Wait, true)
	readALineAndLeave(t, p, w)
	remove(t, p.path)
	within(t, "Gone", func() { <-w.Gone() })
}

// An error says how much need not be written again.
func TestWriteGoesOnAfterAnError(t *testing.T) {
	const lines = 20_000
	p := newPipe(t)
	w, cancel := newWriter(t, p, Wait, true)
	var text []byte
	for number := range lines {
		text = append(text, numbered(number, 30)...)
	}
	from := newReader(t, p)
	n := 0
	write := later(func() (err error) { n, err = w.Write(text); return })
	pending(t, "Write", write)
	cancel(io.ErrClosedPipe)
	if err := outcome(t, "Write", write); err != io.ErrClosedPipe {
		t.Fatal(err)
	}
	read := later(func() error {
		got, err := io.ReadAll(from)
		if next := checkLines(t, got, 0); next < 2000 {
			t.Errorf("%d lines were read", next)
		}
		return err
	})
	for len(text[n:]) > 500_000 { // as long as the reader keeps up
		more, _ := w.Write(text[n:])
		n += more
	}
	_ = w.Close()
	if err := outcome(t, "the reader", read); err != nil {
		t.Error(err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	p := newPipe(t)
	w, _ := newWriter(t, p, Wait, true)
	var text []byte
	for number := range 20_000 {
		text = append(text, numbered(number, 100)...)
	}
	done := later(func() error {
		_, err := w.Write(text)
		return err
	})
	from := newReader(t, p)
	go io.Copy(io.Discard, from)
	if err := outcome(t, "Write", done); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if got, limit := cap(w.kept.buf), 4*capacity(w.fd); got > limit {
		t.Errorf("%d bytes are kept, want at most %d", got, limit)
	}
}
