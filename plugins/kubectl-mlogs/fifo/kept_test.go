//go:build unix

package fifo

import (
	"bytes"
	"strings"
	"testing"
)

func TestOneWrite(t *testing.T) {
	line := func(n int) string { return strings.Repeat("x", n-1) + "\n" }
	for _, test := range []struct {
		name string
		text string
		want int
	}{
		{"nothing", "", 0},
		{"one line", "a\n", 2},
		{"all short lines", "a\nb\n\n", 5},
		{"lines that fill it exactly", line(pipeBuf-10) + line(10) + "z\n", pipeBuf},
		{"one that does not fit any more", line(pipeBuf-10) + line(11), pipeBuf - 10},
		{"a long line", line(pipeBuf+1) + "a\n", pipeBuf + 1},
		{"a long line after a short one", "a\n" + line(10*pipeBuf), 2},
		{"a very long line", line(1<<20) + line(1<<20), 1 << 20},
		{"no end of a line", "a", 1},
		{"no end of a long line", strings.Repeat("x", 3*pipeBuf), 3 * pipeBuf},
		{"an unfinished line after a whole one", "a\nb", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := oneWrite([]byte(test.text)); got != test.want {
				t.Errorf("oneWrite = %d, want %d", got, test.want)
			}
		})
	}
}

func TestRewind(t *testing.T) {
	for _, test := range []struct {
		name         string
		sent, unsent string
		unread, want string
	}{
		{"nothing at all", "", "", "", ""},
		{"all taken", "a\nb\n", "", "", ""},
		{"nothing taken", "a\nb\n", "", "a\nb\n", "a\nb\n"},
		{"whole lines taken", "a\nb\nc\n", "", "b\nc\n", "b\nc\n"},
		{"within a line", "first\nsecond\nthird\n", "", "nd\nthird\n", "second\nthird\n"},
		{"all but a newline", "first\nsecond\n", "", "\n", "second\n"},
		{"all but a newline, between empty lines", "\n\n\n", "", "\n", "\n"},
		{"what is not written follows", "a\nb\n", "c\n", "b\n", "b\nc\n"},
		{"a long line, of which all that was written is taken", "a\nlo", "ng\nb\n", "", "long\nb\n"},
		{"a long line, of which nothing is taken", "a\nlo", "ng\nb\n", "lo", "long\nb\n"},
		{"a long line, partly taken", "a\nlo", "ng\nb\n", "o", "long\nb\n"},
		{"a long line, and one before it", "abc\nlo", "ng\n", "c\nlo", "abc\nlong\n"},

		{"others' lines only", "a\nb\n", "", "other\n", "other\n"},
		{"others' lines after ours", "a\nbcd\n", "", "cd\nother\n", "other\nbcd\n"},
		{"others' lines before ours", "a\nb\n", "", "other\na\nb\n", "other\na\nb\n"},
		{"others' lines between ours", "a\nb\nc\nd\n", "e\n", "b\no1\nc\no2\no3\nd\n", "o1\no2\no3\nb\nc\nd\ne\n"},
		{"more of others' than was ever ours", "a\n", "", "o1\no2\no3\na\n", "o1\no2\no3\na\n"},
		{"others' line, the rest of which is taken", "a\nb\n", "", "ther\na\nb\n", "ther\na\nb\n"},
		{"others' line without an end", "a\nb\n", "", "b\noth", "oth\nb\n"},
		{"others' line after a part of a long one of ours", "a\nlo", "ng\n", "other\n", "other\nlong\n"},
		{"others' line that ends like one of ours", "a\nx-other\nb\n", "", "o1\nother\nb\n", "o1\nother\nb\n"},
		{"a line that others write, too", "same\nsame\n", "", "same\nother\nsame\n", "other\nsame\nsame\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := kept{buf: []byte(test.sent + test.unsent), sent: len(test.sent)}
			k.rewind([]byte(test.unread))
			if got := string(k.buf); got != test.want || k.sent != 0 {
				t.Errorf("got %q with %d bytes sent, want %q", got, k.sent, test.want)
			}
		})
	}
}

// However much is written, little is kept; and it is what may be unread.
func TestTrim(t *testing.T) {
	const capacity, line, long = 8 << 10, 100, 1 << 20
	var k kept
	var all []byte
	write := func(length int) {
		text := append(bytes.Repeat([]byte{'a' + byte(len(all)%26)}, length-1), '\n')
		all = append(all, text...)
		for len(text) > 0 {
			text = text[k.add(text):]
		}
		k.sent = len(k.buf)
		k.trim(capacity)
	}
	for i := range 600 {
		if i == 300 {
			write(long)
		} else {
			write(line)
		}
		if !bytes.HasSuffix(all, k.buf) || len(k.buf) < min(len(all), capacity) || len(k.buf) != k.sent {
			t.Fatalf("after %d lines: %d bytes are kept", i, len(k.buf))
		}
		if before := len(all) - len(k.buf); before > 0 && all[before-1] != '\n' {
			t.Fatalf("after %d lines: what is kept does not begin with a line", i)
		}
		if limit := 2*capacity + line; len(k.buf) > limit && (i < 300 || i > 470) {
			t.Fatalf("after %d lines: %d bytes are kept, want at most %d", i, len(k.buf), limit)
		}
	}
	if cap(k.buf) > 8*capacity {
		t.Errorf("the long line has left a buffer of %d bytes", cap(k.buf))
	}
}
