package timeline

import (
	"strings"
	"unicode/utf8"
)

// paint is how a character is shown, by the colours that every terminal has in a
// theme of its own.
type paint string

const (
	plain  paint = ""
	faint  paint = "2"
	bold   paint = "1"
	red    paint = "31"
	yellow paint = "33"
	green  paint = "32"
)

// cell is one character.
type cell struct {
	r rune
	p paint
}

// canvas is a terminal of a given width, which is filled line by line.
type canvas struct {
	width  int
	colour bool
	ascii  bool
	b      strings.Builder
}

// line ends a line: without spaces at its end, and never longer than the terminal is wide.
func (c *canvas) line(cells []cell) {
	cells = cells[:min(len(cells), c.width)]
	for len(cells) > 0 && cells[len(cells)-1].r == ' ' {
		cells = cells[:len(cells)-1]
	}
	current := plain
	for _, cell := range cells {
		if c.colour && cell.p != current && cell.r != ' ' {
			if current != plain {
				c.b.WriteString("\x1b[0m")
			}
			if cell.p != plain {
				c.b.WriteString("\x1b[" + string(cell.p) + "m")
			}
			current = cell.p
		}
		c.b.WriteRune(cell.r)
	}
	if current != plain {
		c.b.WriteString("\x1b[0m")
	}
	c.b.WriteByte('\n')
}

// text writes words in as many lines as they need.
func (c *canvas) text(s, indent string, p paint) {
	line, empty := indent, true
	for word := range strings.FieldsSeq(s) {
		word = shorten(word, c.width-len(indent)-2, c.ascii)
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > c.width {
			c.line(painted(line, p))
			line, empty = indent+"  ", true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	c.line(painted(line, p))
}

func painted(s string, p paint) []cell {
	cells := make([]cell, 0, len(s))
	for _, r := range s {
		cells = append(cells, cell{r, p})
	}
	return cells
}

func fill(r rune, p paint, n int) []cell {
	cells := make([]cell, n)
	for i := range cells {
		cells[i] = cell{r, p}
	}
	return cells
}

// right fills a text up with spaces on its left.
func right(s string, width int) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s))) + s
}

// signs are what a picture is drawn with.
type signs struct {
	aged, drained       rune // marks of rows
	agedBar, drainedBar rune
	crowd               rune
	grid                rune
	side, corner        rune
	floor, tick         rune
}

func signsFor(ascii bool) signs {
	if ascii {
		return signs{'x', 'o', '#', '=', '!', ':', '|', '+', '-', '+'}
	}
	return signs{'×', '●', '█', '▒', '!', '┊', '│', '└', '─', '┴'}
}
