//go:build unix

package fifo

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// numbered is a line that can be told from all others and from its own parts:
// "number length xxx" with exactly length bytes, its newline among them.
func numbered(number, length int) string {
	head := fmt.Sprintf("%d %d ", number, length)
	return head + strings.Repeat(string(rune('a'+number%26)), length-len(head)-1) + "\n"
}

// checkLines fails the test unless text is the lines from..., each whole. It
// returns the number of the next one.
func checkLines(t *testing.T, text []byte, from int) int {
	t.Helper()
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\n') + 1
		fields := strings.SplitN(string(text[:end]), " ", 3)
		number, _ := strconv.Atoi(fields[0])
		length := 0
		if len(fields) == 3 {
			length, _ = strconv.Atoi(fields[1])
		}
		if number != from || length != end || string(text[:end]) != numbered(number, length) {
			t.Fatalf("where line %d should be: %.60q (%d bytes)", from, text[:end], end)
		}
		text = text[end:]
		from++
	}
	return from
}

// batch is a part of the lines that are written at once.
type batch struct {
	text  []byte
	lines int
}

// batches are lines of many lengths, some of them long, in writes of up to
// about 128 KiB.
func batches(random *rand.Rand, lines int) []batch {
	var all []batch
	var now batch
	for number := range lines {
		length := 100 + random.IntN(19_900)
		switch {
		case number%5 == 0: // many short ones
			length = 20 + random.IntN(200)
		case number%67 == 3:
			length = 100 << 10
		case number == lines/2:
			length = 1 << 20
		}
		now.text = append(now.text, numbered(number, length)...)
		now.lines++
		if len(now.text) > 128<<10 || random.IntN(4) == 0 || number == lines-1 {
			all = append(all, now)
			now = batch{}
		}
	}
	return all
}

func writeAll(w *Writer, all []batch) error {
	for _, b := range all {
		if n, err := w.Write(b.text); err != nil || n != len(b.text) {
			return fmt.Errorf("Write = %d of %d, %w", n, len(b.text), err)
		}
	}
	return w.Close()
}
