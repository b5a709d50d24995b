//go:build unix

package fifo

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

func TestCloseWaitsUntilAllIsTaken(t *testing.T) {
	eachWay(t, func(t *testing.T, polls bool) {
		p := newPipe(t)
		w, _ := newWriter(t, p, Wait, polls)
		from := leaveUntaken(t, p, w)
		closed := later(w.Close)
		pending(t, "Close", closed)
		if got := take(t, from, 2); got != "li" {
			t.Errorf("got %q", got)
		}
		from.Close() // and then the next one has it all
		pending(t, "Close", closed)
		from = newReader(t, p)
		if got := take(t, from, 5); got != "line\n" {
			t.Errorf("got %q", got)
		}
		if err := outcome(t, "Close", closed); err != nil {
			t.Error(err)
		}
		if n, err := from.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("after Close, the reader has got %d bytes, %v", n, err)
		}
		if err := w.Close(); err != nil {
			t.Errorf("the second Close: %v", err)
		}
		if _, err := w.Write([]byte("line\n")); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Write after Close: %v", err)
		}
	})
}

func TestCloseWithNothingToTake(t *testing.T) {
	t.Run("without a reader", func(t *testing.T) {
		w, _ := newWriter(t, newPipe(t), Wait, true)
		if err := outcome(t, "Close", later(w.Close)); err != nil {
			t.Error(err)
		}
	})
	t.Run("with a reader", func(t *testing.T) {
		p := newPipe(t)
		w, _ := newWriter(t, p, Wait, true)
		from := newReader(t, p)
		if err := outcome(t, "Close", later(w.Close)); err != nil {
			t.Error(err)
		}
		if got, end := takeUpTo(t, from, 1); len(got) > 0 || !end {
			t.Errorf("got %q", got)
		}
	})
	t.Run("with a reader that waits to be seen", func(t *testing.T) {
		p := newPipe(t)
		w, _ := newWriter(t, p, Wait, true)
		time.Sleep(tick / 5)
		opened := later(func() error {
			f, err := os.Open(p.path)
			if err == nil {
				err = f.Close()
			}
			return err
		})
		time.Sleep(tick / 5)
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if err := outcome(t, "open", opened); err != nil {
			t.Error(err)
		}
	})
	t.Run("between readers", func(t *testing.T) {
		p := newPipe(t)
		w, _ := newWriter(t, p, Wait, true)
		readALineAndLeave(t, p, w)
		if err := outcome(t, "Close", later(w.Close)); err != nil {
			t.Error(err)
		}
	})
}
