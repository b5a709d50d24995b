package file

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

const testMark = "mlogs-ABC"

// parted is what frames made of a stream: notes in brackets, data between them.
type parted struct{ strings.Builder }

func (p *parted) note(kind, rest string) error { fmt.Fprintf(p, "[%s|%s]", kind, rest); return nil }
func (p *parted) data(b []byte) error          { p.Write(b); return nil }

// part feeds a stream to frames in pieces of the given sizes, in turn, in a buffer
// that is overwritten after each.
func part(t *testing.T, stream string, sizes ...int) string {
	t.Helper()
	var p parted
	f := newFrames(testMark, p.note, p.data)
	for n := 0; len(stream) > 0; n++ {
		size := min(max(sizes[n%len(sizes)], 1), len(stream))
		piece := []byte(stream[:size])
		stream = stream[size:]
		if err := f.take(piece); err != nil {
			t.Fatal(err)
		}
		clear(piece)
	}
	return p.String()
}

func TestFrames(t *testing.T) {
	for _, test := range []struct{ name, stream, want string }{
		{"a note", "mlogs-ABC ready\n", "[ready|]"},
		{"a note with words", "mlogs-ABC at 4 0 17\n", "[at|4 0 17]"},
		{"data between notes", "mlogs-ABC at 4 0 3\nabcmlogs-ABC end 4\nmlogs-ABC bye\n", "[at|4 0 3]abc[end|4][bye|]"},
		{"lines", "mlogs-ABC at\na\nb\nmlogs-ABC end\n", "[at|]a\nb\n[end|]"},
		{"a command's words first", "motd\nmlogs-ABC ready\n", "motd\n[ready|]"},
		{"beginnings of a mark", "mlmlomlogs-mlogs-ABmlogs-ABC end\n", "mlmlomlogs-mlogs-AB[end|]"},
		{"another mark", "mlogs-ABD x\nmlogs-ABC end\n", "mlogs-ABD x\n[end|]"},
		{"a mark without a blank", "mlogs-ABCD\nmlogs-ABC end\n", "mlogs-ABCD\n[end|]"},
		{"blanks in a path", "mlogs-ABC path 1:2 3 /a b  c\n", "[path|1:2 3 /a b  c]"},
		{"zero bytes", "\x00\x00mlogs-ABC end\n\x00", "\x00\x00[end|]\x00"},
		{"an unfinished note", "amlogs-ABC en", "a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for size := 1; size <= len(test.stream); size++ {
				if got := part(t, test.stream, size); got != test.want {
					t.Fatalf("pieces of %d bytes: got %q, want %q", size, got, test.want)
				}
			}
		})
	}
}

// A note that does not end must not fill the memory.
func TestOverlongNote(t *testing.T) {
	f := newFrames(testMark, func(string, string) error { return nil }, func([]byte) error { return nil })
	if err := f.take([]byte(testMark + " file ")); err != nil {
		t.Fatal(err)
	}
	for range longestNote {
		if err := f.take([]byte("xx")); errors.Is(err, errNoteTooLong) {
			return
		}
	}
	t.Errorf("%d bytes of a note were kept", len(f.held))
}

func TestFramesPassErrorsOn(t *testing.T) {
	bad := errors.New("bad")
	f := newFrames(testMark, func(string, string) error { return bad }, func([]byte) error { return nil })
	if err := f.take([]byte(testMark + " x\n")); !errors.Is(err, bad) {
		t.Errorf("a note's error became %v", err)
	}
	f = newFrames(testMark, func(string, string) error { return nil }, func([]byte) error { return bad })
	if err := f.take([]byte("x")); !errors.Is(err, bad) {
		t.Errorf("the data's error became %v", err)
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("abcM end 4\nM at\nmlogs-ABmlogs-M x\n"), []byte{3, 1, 200})
	f.Add([]byte("mlogs-\nmlogs-ABCM \nMM \n"), []byte{1})
	f.Add([]byte("no mark at all"), []byte{5, 2})
	f.Fuzz(func(t *testing.T, data, pieces []byte) {
		if len(data) > 4<<10 || len(pieces) > 100 || strings.Contains(string(data), testMark+" ") {
			return
		}
		stream := strings.ReplaceAll(string(data), "M", testMark)
		sizes := []int{1}
		for _, p := range pieces {
			sizes = append(sizes, int(p))
		}
		if got, want := part(t, stream, sizes...), wantParted(stream); got != want {
			t.Fatalf("got  %q\nwant %q", got, want)
		}
	})
}

// wantParted takes a whole stream apart by the plain rule.
func wantParted(stream string) string {
	var p parted
	for {
		before, after, found := strings.Cut(stream, testMark+" ")
		if !found {
			// What may be the beginning of a mark is still held back.
			for n := min(len(before), len(testMark)); n > 0; n-- {
				if strings.HasSuffix(before, (testMark + " ")[:n]) {
					before = before[:len(before)-n]
					break
				}
			}
			p.WriteString(before)
			return p.String()
		}
		p.WriteString(before)
		line, rest, whole := strings.Cut(after, "\n")
		if !whole {
			return p.String()
		}
		kind, words, _ := strings.Cut(line, " ")
		_ = p.note(kind, words)
		stream = rest
	}
}
