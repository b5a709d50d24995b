package record

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// cutLine is a line as it should come out: what is kept, and how much is not.
type cutLine struct {
	text string
	cut  int64
}

// wantLines says by the plain rule which lines a text has.
func wantLines(text string, maxLine int) []cutLine {
	lines := strings.Split(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	var want []cutLine
	for _, line := range lines {
		kept := line[:min(len(line), maxLine)]
		want = append(want, cutLine{kept, int64(len(line) - len(kept))})
	}
	return want
}

// assemble feeds text to an Assembler in pieces of the given sizes, in turn;
// whenever handOver says so, the batch is handed on as a reader does.
func assemble(text string, maxLine int, sizes []int, handOver func(piece int) bool) []cutLine {
	var got []cutLine
	a := Assembler{MaxLine: maxLine, Batch: &Batch{}}
	each := func(start, end int, cut int64) {
		a.Batch.Lines = append(a.Batch.Lines, Line{Start: int32(start), End: int32(end), Cut: cut})
	}
	collect := func(b *Batch) {
		for i, l := range b.Lines {
			got = append(got, cutLine{string(b.Message(i)), l.Cut})
		}
		clear(b.Data[:cap(b.Data)]) // whoever still used it would notice
	}
	spare := &Batch{}
	for piece := 0; len(text) > 0; piece++ {
		size := max(sizes[piece%len(sizes)], 1)
		n := copy(a.Room(size), text)
		text = text[n:]
		a.Took(n, each)
		if len(a.Batch.Lines) > 0 && handOver(piece) {
			full := a.Hand(spare)
			collect(full)
			spare = full
		}
	}
	a.Finish(each)
	collect(a.Batch)
	return got
}

func always(int) bool { return true }

func TestAssembler(t *testing.T) {
	for _, test := range []struct {
		name, text string
		maxLine    int
		want       []cutLine
	}{
		{"nothing", "", 10, nil},
		{"one line", "abc\n", 10, []cutLine{{"abc", 0}}},
		{"no newline at the end", "abc\nde", 10, []cutLine{{"abc", 0}, {"de", 0}}},
		{"empty lines", "\n\na\n\n", 10, []cutLine{{"", 0}, {"", 0}, {"a", 0}, {"", 0}}},
		{"carriage returns stay", "a\r\nb\r", 10, []cutLine{{"a\r", 0}, {"b\r", 0}}},
		{"exactly the limit", "abcd\nefgh", 4, []cutLine{{"abcd", 0}, {"efgh", 0}}},
		{"one over", "abcde\nf\n", 4, []cutLine{{"abcd", 1}, {"f", 0}}},
		{"far over, twice", strings.Repeat("x", 1000) + "\nab\n" + strings.Repeat("y", 77), 3,
			[]cutLine{{"xxx", 997}, {"ab", 0}, {"yyy", 74}}},
		{"zero bytes", "a\x00b\n\x00", 10, []cutLine{{"a\x00b", 0}, {"\x00", 0}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for size := 1; size <= len(test.text)+1; size++ {
				for name, handOver := range map[string]func(int) bool{
					"always": always, "never": func(int) bool { return false }, "sometimes": func(n int) bool { return n%3 == 1 },
				} {
					if got := assemble(test.text, test.maxLine, []int{size}, handOver); !slices.Equal(got, test.want) {
						t.Fatalf("reads of %d bytes, handed over %s:\ngot  %+v\nwant %+v", size, name, got, test.want)
					}
				}
			}
		})
	}
}

// An overlong line must not be kept in memory while it goes on.
func TestAssemblerIsBounded(t *testing.T) {
	const maxLine, size = 100, 64
	a := Assembler{MaxLine: maxLine, Batch: &Batch{}}
	for range 10_000 {
		room := a.Room(size)
		for i := range room {
			room[i] = 'x'
		}
		a.Took(size, func(int, int, int64) { t.Fatal("a line without a newline") })
		if n := len(a.Batch.Data); n > maxLine {
			t.Fatalf("%d bytes kept of one line, want at most %d", n, maxLine)
		}
	}
	if c := cap(a.Batch.Data); c > 4*(maxLine+size) {
		t.Errorf("the buffer grew to %d bytes", c)
	}
	var cut int64
	a.Finish(func(start, end int, n int64) { cut = n + int64(end-start) })
	if want := int64(10_000 * size); cut != want {
		t.Errorf("kept and cut together are %d bytes, want %d", cut, want)
	}
}

func TestAssemblerUnfinished(t *testing.T) {
	for text, want := range map[string]bool{"": false, "a\n": false, "a": true, "a\nb": true, "a\n\n": false} {
		a := Assembler{MaxLine: 10, Batch: &Batch{}}
		a.Took(copy(a.Room(len(text)+1), text), func(int, int, int64) {})
		if got := a.Unfinished(); got != want {
			t.Errorf("after %q: unfinished = %v, want %v", text, got, want)
		}
		a.Finish(func(int, int, int64) {})
		if a.Unfinished() {
			t.Errorf("after %q: still unfinished when finished", text)
		}
	}
}

func FuzzAssembler(f *testing.F) {
	f.Add([]byte("abc\ndef\n\nlonger than the limit\nrest"), []byte{3, 200, 1}, uint8(7))
	f.Add([]byte("\n\n\n"), []byte{1}, uint8(1))
	f.Add(bytes.Repeat([]byte("x"), 300), []byte{129, 2}, uint8(0))
	f.Fuzz(func(t *testing.T, data, pieces []byte, limit uint8) {
		if len(data) > 4<<10 || len(pieces) > 100 {
			return
		}
		maxLine := int(limit) + 1
		sizes := []int{1}
		for _, p := range pieces {
			sizes = append(sizes, int(p&0x7f))
		}
		handOver := func(piece int) bool { return len(pieces) > 0 && pieces[piece%len(pieces)]&0x80 != 0 }
		got, want := assemble(string(data), maxLine, sizes, handOver), wantLines(string(data), maxLine)
		if !slices.Equal(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}
