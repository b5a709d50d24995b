package manifest

import (
	"bytes"
	"iter"
	"strings"
)

// document is a part of a file between lines of "---".
type document struct {
	text []byte
	line int // of its first line
}

// split cuts a file into its documents; those that are empty or only comments are
// left out. As for kubectl, a separator is a line that begins with "---".
func split(text []byte) iter.Seq[document] {
	return func(yield func(document) bool) {
		start, startLine, line := 0, 1, 1
		for at := 0; at < len(text); line++ {
			next := lineEnd(text, at)
			if separates(text[at:next]) {
				if d := (document{text[start:at], startLine}); d.skipBlank() && !yield(d) {
					return
				}
				start, startLine = at+len("---"), line // what follows on that line belongs to it
			}
			at = next
		}
		if d := (document{text[start:], startLine}); d.skipBlank() {
			yield(d)
		}
	}
}

// lineEnd is where the line that begins at an offset ends, its "\n" included.
func lineEnd(text []byte, at int) int {
	if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(text)
}

func separates(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("---"))
	return ok && (len(rest) == 0 || strings.ContainsRune(" \t\r\n", rune(rest[0])))
}

// skipBlank leaves out the empty lines and comments at the beginning; false when
// nothing else is left.
func (d *document) skipBlank() bool {
	for len(d.text) > 0 {
		line, rest, more := bytes.Cut(d.text, []byte("\n"))
		if trimmed := bytes.TrimSpace(line); len(trimmed) > 0 && trimmed[0] != '#' {
			return true
		}
		if !more {
			return false
		}
		d.text = rest
		d.line++
	}
	return false
}
