// Package script prints the bash script that does by hand what a plugin would
// do: to be read, reviewed, and run where the plugin is not installed. The script
// is made for bash 3.2, which macOS has, and later.
package script

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Script is a bash script in the making. Its parts are printed in the order in
// which they were added, after a header and the options that make a script stop
// at the first error.
type Script struct {
	// What says what the script does, in whole sentences.
	What string
	// Invocation is the command line that printed it.
	Invocation string
	// Printed is when that was.
	Printed time.Time

	body strings.Builder
}

// Comment adds a comment, wrapped. A newline in it begins a new line; whatever
// the text, it stays a comment.
func (s *Script) Comment(text string) {
	comment(&s.body, text)
}

// Paragraph adds an empty line.
func (s *Script) Paragraph() { s.body.WriteByte('\n') }

// Lines adds shell code as it is.
func (s *Script) Lines(lines ...string) {
	for _, line := range lines {
		s.body.WriteString(strings.TrimSuffix(line, "\n"))
		s.body.WriteByte('\n')
	}
}

// Cleanup adds a function, cleanup, of these lines. It runs at every end of the
// script, and after INT, TERM and HUP the exit status is 128 plus the signal's
// number, as a shell's callers expect.
func (s *Script) Cleanup(lines ...string) {
	s.Lines("cleanup() {", "  trap '' INT TERM HUP")
	for _, line := range lines {
		s.Lines("  " + line)
	}
	s.Lines("}", "trap cleanup EXIT", "trap 'exit 130' INT", "trap 'exit 143' TERM", "trap 'exit 129' HUP")
}

// WriteTo writes the script.
func (s *Script) WriteTo(w io.Writer) (int64, error) {
	var head strings.Builder
	head.WriteString("#!/usr/bin/env bash\n")
	comment(&head, s.What)
	head.WriteString("#\n")
	comment(&head, "Printed on "+s.Printed.UTC().Format("2 January 2006 at 15:04 MST")+" by")
	for line := range strings.SplitSeq(s.Invocation, "\n") {
		head.WriteString("#   " + visible(line) + "\n") // not wrapped: it is to be copied
	}
	// What is in single quotes is meant as it is.
	head.WriteString("#\n# shellcheck disable=SC1003,SC1112,SC2016\nset -euo pipefail\n\n")
	n, err := io.WriteString(w, head.String()+s.body.String())
	if err != nil {
		err = fmt.Errorf("writing the script: %w", err)
	}
	return int64(n), err
}

// comment writes text as comment lines of at most 80 columns.
func comment(b *strings.Builder, text string) {
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := "#"
		for word := range strings.FieldsSeq(visible(paragraph)) {
			if len(line)+1+len(word) > 80 && line != "#" {
				b.WriteString(line + "\n")
				line = "#"
			}
			line += " " + word
		}
		b.WriteString(line + "\n")
	}
}

// visible replaces control characters, which in a comment can only deceive.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if (r < ' ' && r != '\t') || (r >= 0x7f && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return '?'
		}
		return r
	}, text)
}
