package picture

import (
	"fmt"
	"strconv"
	"strings"
)

// piece is text of one style.
type piece struct {
	text string
	style
}

// style is what SGR sequences (ECMA-48, 8.3.117) say, as far as the plugins use them.
type style struct {
	colour          string // "" is the terminal's own
	bold, dim, line bool
}

func (s style) attributes() string {
	var b strings.Builder
	if s.colour != "" {
		fmt.Fprintf(&b, ` fill="%s"`, s.colour)
	}
	if s.bold {
		b.WriteString(` font-weight="bold"`)
	}
	if s.dim {
		b.WriteString(` opacity="0.6"`)
	}
	if s.line {
		b.WriteString(` text-decoration="underline"`)
	}
	return b.String()
}

// parse takes output apart into lines of pieces. Sequences that are no SGR, and other
// control characters, are left out.
func parse(output string) [][]piece {
	var lines [][]piece
	var now style
	for _, line := range strings.Split(strings.TrimRight(output, "\n"), "\n") {
		var pieces []piece
		for line != "" {
			text, rest, found := strings.Cut(line, "\x1b[")
			if text = plain(text); text != "" {
				pieces = append(pieces, piece{text, now})
			}
			if !found {
				break
			}
			end := strings.IndexFunc(rest, func(r rune) bool { return r >= '@' && r <= '~' })
			if end < 0 {
				break
			}
			if rest[end] == 'm' {
				now = now.after(rest[:end])
			}
			line = rest[end+1:]
		}
		lines = append(lines, pieces)
	}
	return lines
}

// plain is text without control characters; a tab goes to the next of the terminal's
// stops only at the start of a line, which is where the plugins have them.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ReplaceAll(text, "\t", "        "))
}

// after is the style after an SGR sequence's parameters.
func (s style) after(parameters string) style {
	words := strings.Split(parameters, ";")
	for i := 0; i < len(words); i++ {
		n, err := strconv.Atoi(words[i])
		switch {
		case words[i] == "" || err == nil && n == 0:
			s = style{}
		case err != nil:
		case n == 1:
			s.bold = true
		case n == 2:
			s.dim = true
		case n == 4:
			s.line = true
		case n == 22:
			s.bold, s.dim = false, false
		case n == 24:
			s.line = false
		case n >= 30 && n <= 37:
			s.colour = palette()[n-30]
		case n >= 90 && n <= 97:
			s.colour = palette()[n-90+8]
		case n == 39:
			s.colour = ""
		case n == 38 && i+2 < len(words) && words[i+1] == "5":
			s.colour = indexed(words[i+2])
			i += 2
		}
	}
	return s
}

// indexed is a colour of the 256 that terminals have: 16 named ones, a cube, greys.
func indexed(word string) string {
	n, err := strconv.Atoi(word)
	switch {
	case err != nil || n < 0 || n > 255:
		return ""
	case n < 16:
		return palette()[n]
	case n >= 232:
		grey := 8 + 10*(n-232)
		return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
	}
	step := func(v int) int {
		if v == 0 {
			return 0
		}
		return 55 + 40*v
	}
	n -= 16
	return fmt.Sprintf("#%02x%02x%02x", step(n/36), step(n/6%6), step(n%6))
}
