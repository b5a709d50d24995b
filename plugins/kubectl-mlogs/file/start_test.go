package file

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// count runs a lineCounter over what the agent sends of a text from start on.
func count(t *testing.T, rnd *rand.Rand, content string, start, want int64) (pos int64, ok bool) {
	t.Helper()
	size := int64(len(content))
	c := &lineCounter{want: want, start: start, size: size}
	at, sent := blocks([]byte(content+"written later\n"), int(start), int(size))
	if err := c.note("at", "4 "+decimal(int64(at))+" "+decimal(size)); err != nil {
		t.Fatal(err)
	}
	for len(sent) > 0 {
		n := 1 + rnd.IntN(len(sent))
		if err := c.data(sent[:n]); err != nil {
			t.Fatal(err)
		}
		sent = sent[n:]
	}
	if int64(len(c.begins)) > want+1 {
		t.Fatalf("%d lines are remembered, to find %d", len(c.begins), want)
	}
	return c.result()
}

// naive is where the last n whole lines of a text begin.
func naive(content string, n int64) int64 {
	whole := strings.LastIndexByte(content, '\n') + 1
	lines := strings.SplitAfter(content[:whole], "\n")
	lines = lines[:len(lines)-1] // after the last newline
	pos := whole
	for i := len(lines) - 1; i >= 0 && n > 0; i-- {
		pos -= len(lines[i])
		n--
	}
	return int64(pos)
}

func TestLineCounter(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		var b bytes.Buffer
		for range rnd.IntN(80) {
			b.Write(text(rnd, rnd.IntN(60)))
			b.WriteByte('\n')
		}
		if rnd.IntN(2) == 0 {
			b.WriteString("unfinished")
		}
		content, n := b.String(), int64(rnd.IntN(100))
		if rnd.IntN(10) == 0 {
			content = ""
		}
		start := int64(0)
		if len(content) > 0 {
			start = rnd.Int64N(int64(len(content)))
		}
		got, ok := count(t, rnd, content, start, n)
		if want := naive(content, n); (ok && got != want) || (!ok && start == 0) {
			t.Fatalf("the last %d lines of %d bytes, from %d on, begin at %d (%v), want %d", n, len(content), start, got, ok, want)
		}
	}
}

// The count must look farther back only when it has to.
func TestLineCounterIsContent(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	content := strings.Repeat("0123456789\n", 1000)
	for _, test := range []struct {
		start, want int64
		ok          bool
	}{
		{5000, 0, true}, {5000, 10, true}, {5000, 540, true}, {5000, 999, false}, {0, 5000, true},
	} {
		if _, ok := count(t, rnd, content, test.start, test.want); ok != test.ok {
			t.Errorf("%d lines from %d on: %v", test.want, test.start, ok)
		}
	}
}

func TestLineCounterTellsProblems(t *testing.T) {
	for _, kind := range []string{"missing", "denied", "directory", "special"} {
		if err := (&lineCounter{}).note(kind, ""); err == nil {
			t.Errorf("%s is no error", kind)
		}
	}
}
