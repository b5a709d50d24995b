package finding

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// cell is one cell of a grid: text in one line, and how it is painted.
type cell struct {
	text     string
	severity Severity
}

// grid writes rows in columns that are aligned as kubectl's are. Widths are
// counted without the colours, which is why it is not a tabwriter.
type grid struct {
	rows [][]cell
}

func (g *grid) add(cells ...cell) { g.rows = append(g.rows, cells) }

func (g *grid) bytes(colour bool) []byte {
	var widths []int
	for _, row := range g.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	var b bytes.Buffer
	for _, row := range g.rows {
		for i, c := range row {
			b.WriteString(coloured(c.text, c.severity, colour))
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text)+3))
			}
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}
