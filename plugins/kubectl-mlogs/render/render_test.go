package render

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// writes keeps what each Write got.
type writes struct {
	all  [][]byte
	fail error
}

func (w *writes) Write(p []byte) (int, error) {
	if w.fail != nil {
		return 0, w.fail
	}
	w.all = append(w.all, bytes.Clone(p))
	return len(p), nil
}

// Lines are gathered into few large writes, and none is ever split.
func TestWholeLinesOnly(t *testing.T) {
	const lines, length = 20_000, 99
	for _, format := range []Format{Default, Raw, JSON} {
		t.Run(string(format), func(t *testing.T) {
			var to writes
			w, err := NewWriter(&to, Options{Format: format})
			if err != nil {
				t.Fatal(err)
			}
			b := newBatch(web)
			for range 100 {
				more := newBatch(web, line{text: strings.Repeat("x", length), time: noon})
				more.Lines[0].Start += int32(len(b.Data))
				more.Lines[0].End += int32(len(b.Data))
				b.Data, b.Lines = append(b.Data, more.Data...), append(b.Lines, more.Lines...)
			}
			for range lines / 100 {
				if err := w.Lines(b, 0, 100); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			if w.Printed() != lines {
				t.Errorf("Printed = %d, want %d", w.Printed(), lines)
			}
			total, got := 0, 0
			for i, p := range to.all {
				if !bytes.HasSuffix(p, []byte("\n")) {
					t.Errorf("write %d ends within a line", i)
				}
				if i < len(to.all)-1 && (len(p) < writeSize || len(p) > writeSize+1000) {
					t.Errorf("write %d has %d bytes, want about %d", i, len(p), writeSize)
				}
				total, got = total+len(p), got+bytes.Count(p, []byte("\n"))
			}
			if got != lines {
				t.Errorf("%d lines were written, want %d", got, lines)
			}
			if want := total/writeSize + 1; len(to.all) > want {
				t.Errorf("%d writes for %d bytes, want at most %d", len(to.all), total, want)
			}
		})
	}
}

func TestFlush(t *testing.T) {
	var to writes
	w, err := NewWriter(&to, Options{Format: Raw})
	if err != nil {
		t.Fatal(err)
	}
	flush := func(want int) {
		t.Helper()
		if err := w.Flush(); err != nil || len(to.all) != want {
			t.Errorf("Flush = %v after %d writes, want %d", err, len(to.all), want)
		}
	}
	flush(0) // nothing to write
	b := newBatch(web, line{text: "a"}, line{text: "b"}, line{text: "c"})
	if err := w.Lines(b, 1, 2); err != nil || len(to.all) != 0 {
		t.Errorf("Lines = %v after %d writes; a line waits for Flush", err, len(to.all))
	}
	flush(1)
	flush(1)
	if got := string(to.all[0]); got != "b\n" {
		t.Errorf("written: %q, want only line 1", got)
	}
	if w.Printed() != 1 {
		t.Errorf("Printed = %d, want 1", w.Printed())
	}
}

// A line of many megabytes is one write, and its memory is not kept.
func TestOverlongLine(t *testing.T) {
	var to writes
	w, err := NewWriter(&to, Options{Format: Raw})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("x", 10*writeSize)
	if err := w.Lines(newBatch(web, line{text: text}), 0, 1); err != nil {
		t.Fatal(err)
	}
	if len(to.all) != 1 || len(to.all[0]) != len(text)+1 {
		t.Errorf("%d writes, want one of the whole line", len(to.all))
	}
	if cap(w.buf) > 4*writeSize {
		t.Errorf("%d bytes are kept", cap(w.buf))
	}
}

func TestWriteErrors(t *testing.T) {
	broken := errors.New("broken pipe")
	w, err := NewWriter(&writes{fail: broken}, Options{Format: Raw})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Lines(newBatch(web, line{text: "a"}), 0, 1); err != nil {
		t.Errorf("Lines = %v before anything was written", err)
	}
	if err := w.Flush(); !errors.Is(err, broken) {
		t.Errorf("Flush = %v, want %v", err, broken)
	}
	if err := w.Lines(newBatch(web, line{text: strings.Repeat("x", writeSize)}), 0, 1); !errors.Is(err, broken) {
		t.Errorf("Lines that fill the buffer = %v, want %v", err, broken)
	}
}

func TestFilteredLinesAreNotCounted(t *testing.T) {
	var to writes
	w, err := NewWriter(&to, Options{Format: Raw, Exclude: regexps("b")})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Lines(newBatch(web, line{text: "a"}, line{text: "b"}), 0, 2); err != nil {
		t.Fatal(err)
	}
	if w.Printed() != 1 {
		t.Errorf("Printed = %d, want 1", w.Printed())
	}
}
