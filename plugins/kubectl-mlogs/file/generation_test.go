package file

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// blocks is what the agent sends of a file when size bytes are there and offset
// of them were sent before: see pump in agent.sh.
func blocks(content []byte, offset, size int) (at int, sent []byte) {
	first := max(offset/1024-1, 0)
	last := (size + 1023) / 1024
	return first * 1024, content[first*1024 : min(last*1024, len(content))]
}

// text is n random bytes without NULs.
func text(rnd *rand.Rand, n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte('a' + rnd.IntN(26))
	}
	return p
}

// grow reads a growing file as sessions do, each cut anywhere, and returns what
// was new. check is called after each session.
func grow(t *testing.T, rnd *rand.Rand, g *generation, content []byte, size int) []byte {
	t.Helper()
	var got []byte
	for size < len(content) {
		size = min(size+1+rnd.IntN(5000), len(content))
		offset := int(g.pos)
		for range 1 + rnd.IntN(3) { // looks of one agent
			at, sent := blocks(content, offset, size)
			g.at = int64(at)
			cut := len(sent)
			if rnd.IntN(3) == 0 {
				cut = rnd.IntN(len(sent) + 1)
			}
			for rest := sent[:cut]; len(rest) > 0; {
				n := min(1+rnd.IntN(4000), len(rest))
				fresh, err := g.take(rest[:n])
				if err != nil {
					t.Fatalf("at %d, read to %d: %v", g.at, g.pos, err)
				}
				got = append(got, fresh...)
				rest = rest[n:]
			}
			if cut < len(sent) {
				break
			}
			offset, size = size, min(size+rnd.IntN(3000), len(content))
			if offset == size {
				break
			}
		}
		if len(g.kept) > 2*keep {
			t.Fatalf("%d bytes are remembered", len(g.kept))
		}
	}
	at, sent := blocks(content, int(g.pos), len(content))
	g.at = int64(at)
	fresh, err := g.take(sent)
	if err != nil {
		t.Fatal(err)
	}
	return append(got, fresh...)
}

func FuzzResume(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, uint16(seed*4111), uint16(seed*977))
	}
	f.Fuzz(func(t *testing.T, seed uint64, size, change uint16) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		content := text(rnd, int(size))
		g := &generation{}
		if got := grow(t, rnd, g, content, 0); !bytes.Equal(got, content) {
			t.Fatalf("%d bytes were read of %d, or others", len(got), len(content))
		}
		// Another text of at least that size is known by what comes before pos.
		other := text(rnd, len(content)+int(change))
		at, sent := blocks(other, int(g.pos), len(other))
		g.at = int64(at)
		if len(content) < 10 || len(sent) == 0 {
			return
		}
		if _, err := g.take(sent); !errors.Is(err, errOther) {
			t.Fatalf("another text at %d was taken for the same: %v", g.pos, err)
		}
	})
}

// What was truncated and has grown again has the same length, and another text.
func TestTakeFindsAnotherText(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{1, 100, 1023, 1024, 1025, 2047, 2048, 2049, 4096, 5000, 100_000} {
		content := text(rnd, size)
		for _, back := range []int{1, 50, 1000} {
			if back > size {
				continue
			}
			g := &generation{}
			if _, err := g.take(content); err != nil {
				t.Fatal(err)
			}
			other := append(bytes.Clone(content), "more"...)
			other[size-back] ^= 1
			at, sent := blocks(other, size, len(other))
			g.at = int64(at)
			if _, err := g.take(sent); !errors.Is(err, errOther) {
				t.Errorf("of %d bytes the one %d before the end is another, and take says %v", size, back, err)
			}
			if g.pos != int64(size) {
				t.Errorf("pos moved to %d", g.pos)
			}
		}
	}
}

func TestTakeFindsAHoleInTheStream(t *testing.T) {
	g := &generation{pos: 100, at: 101}
	if _, err := g.take([]byte("x")); !errors.Is(err, errHole) {
		t.Errorf("one byte is missing, and take says %v", err)
	}
}

// Where a writer does not append, a truncated file has NULs up to where he was.
func TestTakeFindsAnEmptiedFile(t *testing.T) {
	for _, size := range []int{1, 1024, 5000} {
		g := &generation{}
		if _, err := g.take(bytes.Repeat([]byte("x"), size)); err != nil {
			t.Fatal(err)
		}
		now := append(make([]byte, size), "new\n"...)
		at, sent := blocks(now, size, len(now))
		g.at = int64(at)
		if _, err := g.take(sent); !errors.Is(err, errEmptied) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	g := &generation{}
	nulls := make([]byte, 3000) // a file may have NULs of its own
	if _, err := g.take(nulls); err != nil {
		t.Fatal(err)
	}
	g.at = 1024
	if fresh, err := g.take(append(nulls[1024:], "new\n"...)); err != nil || string(fresh) != "new\n" {
		t.Errorf("%q, %v", fresh, err)
	}
}

func TestSkipHole(t *testing.T) {
	g := &generation{hole: true}
	for _, test := range []struct{ fresh, want string }{
		{"\x00\x00", ""}, {"\x00", ""}, {"\x00\x00line\n\x00", "line\n\x00"}, {"\x00x", "\x00x"},
	} {
		if got := string(g.skipHole([]byte(test.fresh))); got != test.want {
			t.Errorf("of %q remains %q, want %q", test.fresh, got, test.want)
		}
	}
}
