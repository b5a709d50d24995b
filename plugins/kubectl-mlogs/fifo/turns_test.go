//go:build unix

package fifo

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// eachWay runs a test with what Linux tells of readers, and without.
func eachWay(t *testing.T, f func(t *testing.T, polls bool)) {
	t.Run("told when a reader leaves", func(t *testing.T) { f(t, true) })
	t.Run("looking for it", func(t *testing.T) { f(t, false) })
}

func TestSlowReader(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const lines = 200
	all := batches(random, lines)
	p := newPipe(t)
	w, _ := newWriter(t, p, Wait, true)
	done := later(func() error { return writeAll(w, all) })
	got := takeSlowly(t, newReader(t, p), random)
	if err := outcome(t, "the Writer", done); err != nil {
		t.Error(err)
	}
	if next := checkLines(t, got, 0); next != lines {
		t.Errorf("%d lines were read, want %d", next, lines)
	}
}

// takeSlowly reads to the end, with pauses.
func takeSlowly(t *testing.T, from io.Reader, random *rand.Rand) (got []byte) {
	t.Helper()
	buf := make([]byte, 20_000)
	within(t, "all lines", func() {
		for {
			n, err := from.Read(buf[:1+random.IntN(len(buf))])
			got = append(got, buf[:n]...)
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			if random.IntN(4) == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	})
	return got
}

// Readers come one after another, take what they like and leave within a line:
// together they have every line once, and each begins with a whole one.
func TestTurns(t *testing.T) {
	eachWay(t, func(t *testing.T, polls bool) {
		random := rand.New(rand.NewPCG(3, 4))
		const lines = 300
		p := newPipe(t)
		w, _ := newWriter(t, p, Wait, polls)
		all := batches(random, lines)
		done := later(func() error { return writeAll(w, all) })
		next, readers := 0, 0
		for finished := false; !finished; readers++ {
			from := newReader(t, p)
			if readers%3 == 0 {
				time.Sleep(time.Millisecond) // the pipe fills
			}
			var got []byte
			got, finished = takeUpTo(t, from, 1+random.IntN(120_000))
			next = checkLines(t, got[:bytes.LastIndexByte(got, '\n')+1], next)
			if finished {
				break
			}
			if err := from.Close(); err != nil {
				t.Fatal(err)
			}
			settled(t, w, readers+1)
		}
		if err := outcome(t, "the Writer", done); err != nil {
			t.Error(err)
		}
		if next != lines || readers < 20 {
			t.Errorf("%d readers have read %d lines, want %d", readers, next, lines)
		}
	})
}

// takeUpTo reads n bytes, or what comes before the end.
func takeUpTo(t *testing.T, from *os.File, n int) (got []byte, end bool) {
	t.Helper()
	buf := make([]byte, n)
	within(t, "read", func() {
		n, err := io.ReadFull(from, buf)
		got, end = buf[:n], err != nil
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			t.Error(err)
		}
	})
	return got, end
}

// What a reader has left is handed on without a Write.
func TestReaderLeavesWhileNothingIsWritten(t *testing.T) {
	eachWay(t, func(t *testing.T, polls bool) {
		p := newPipe(t)
		w, _ := newWriter(t, p, Wait, polls)
		write := later(func() error { _, err := w.Write([]byte("one\ntwo\nthree\n")); return err })
		first := newReader(t, p)
		if err := outcome(t, "Write", write); err != nil {
			t.Fatal(err)
		}
		for turn, part := range []string{"one\ntw", "two\nth", "th", "three"} {
			if got := take(t, first, len(part)); got != part {
				t.Errorf("reader %d has got %q, want %q", turn, got, part)
			}
			first.Close()
			settled(t, w, turn+1)
			first = newReader(t, p)
		}
		if got := take(t, first, 6); got != "three\n" {
			t.Errorf("the last reader has got %q", got)
		}
	})
}

// A reader that has taken everything leaves nothing for the next one.
func TestReaderLeavesWithEverything(t *testing.T) {
	eachWay(t, func(t *testing.T, polls bool) {
		p := newPipe(t)
		w, _ := newWriter(t, p, Wait, polls)
		for turn, text := range []string{"one\n", "two\n", "three\n"} {
			write := later(func() error { _, err := w.Write([]byte(text)); return err })
			from := newReader(t, p)
			if got := take(t, from, len(text)); got != text {
				t.Errorf("got %q, want %q", got, text)
			}
			if err := outcome(t, "Write", write); err != nil {
				t.Fatal(err)
			}
			from.Close()
			settled(t, w, turn+1)
		}
	})
}

// Lines of other programs are not lost either, and ours do not come twice.
func TestOthersWriteToo(t *testing.T) {
	p := newPipe(t)
	w, _ := newWriter(t, p, Wait, true)
	write := later(func() error { _, err := w.Write([]byte("one\ntwo\n")); return err })
	first := newReader(t, p)
	if err := outcome(t, "Write", write); err != nil {
		t.Fatal(err)
	}
	say(t, p, "from another\n")
	if _, err := w.Write([]byte("three\n")); err != nil {
		t.Fatal(err)
	}
	if got := take(t, first, 6); got != "one\ntw" {
		t.Errorf("got %q", got)
	}
	first.Close()
	settled(t, w, 1)
	if got, want := take(t, newReader(t, p), 23), "from another\ntwo\nthree\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Lines that a write can hold are never torn by those of other programs, not
// even when the reader is slow.
func TestSlowReaderOfManyWriters(t *testing.T) {
	const lines = 3000
	p := newPipe(t)
	w, _ := newWriter(t, p, Wait, true)
	var text []byte
	for number := range lines {
		text = append(text, numbered(number, 20+number%400)...)
	}
	from := newReader(t, p)
	other := openFor(t, p, os.O_WRONLY)
	const foreign = "a line of another program\n"
	stop := make(chan struct{})
	var foreigners int
	others := later(func() error {
		defer other.Close()
		for {
			if _, err := other.WriteString(foreign); err != nil {
				return err
			}
			foreigners++
			select {
			case <-stop:
				return nil
			case <-time.After(100 * time.Microsecond): // among all of ours
			}
		}
	})
	write := later(func() error {
		defer close(stop)
		return writeAll(w, []batch{{text, lines}})
	})
	got := takeSlowly(t, from, rand.New(rand.NewPCG(5, 6)))
	for what, result := range map[string]<-chan error{"the Writer": write, "the other": others} {
		if err := outcome(t, what, result); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	var ours []byte
	for line := range bytes.SplitAfterSeq(got, []byte("\n")) {
		if string(line) == foreign {
			foreigners--
		} else {
			ours = append(ours, line...)
		}
	}
	if next := checkLines(t, ours, 0); next != lines {
		t.Errorf("%d lines were read, want %d", next, lines)
	}
	if foreigners != 0 {
		t.Errorf("%d lines of the other program are missing", foreigners)
	}
}
