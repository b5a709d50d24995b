package manifest

import (
	"bytes"
	"strings"
)

// document is a part of a file between lines of "---".
type document struct {
	text []byte
	line int // of its first line
}

// split cuts a file into its documents; those that are empty or only comments are
// left out. As for kubectl, a separator is a line that begins with "---".
func split(text []byte) []document {
	var documents []document
	start, startLine := 0, 1
	add := func(end int) {
		d := document{text[start:end], startLine}
		if d.skipBlank() {
			documents = append(documents, d)
		}
	}
	line := 1
	for at := 0; at < len(text); line++ {
		next := len(text)
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			next = at + i + 1
		}
		if rest, ok := bytes.CutPrefix(text[at:next], []byte("---")); ok && (len(rest) == 0 || strings.ContainsRune(" \t\r\n", rune(rest[0]))) {
			add(at)
			start, startLine = at+len("---"), line // what follows on that line belongs to it
		}
		at = next
	}
	add(len(text))
	return documents
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

// itemLines returns the lines of a List's items, as kubectl and people write them;
// nil where they are not what is expected.
func (d *document) itemLines(items int) []int {
	var lines []int
	indent := -1 // of the items' dashes
	inside := false
	n := d.line - 1
	for line := range strings.Lines(string(d.text)) {
		n++
		trimmed := strings.TrimLeft(line, " ")
		depth := len(line) - len(trimmed)
		switch {
		case strings.HasPrefix(line, "items:"):
			inside = true
		case inside && indent < 0 && strings.HasPrefix(trimmed, "- "):
			indent = depth
			lines = append(lines, n)
		case inside && indent >= 0 && depth == indent && strings.HasPrefix(trimmed, "- "):
			lines = append(lines, n)
		case inside && indent >= 0 && depth == 0 && trimmed != "" && trimmed[0] >= 'a' && trimmed[0] <= 'z':
			inside = false // the next field
		}
	}
	if len(lines) != items {
		return nil
	}
	return lines
}
