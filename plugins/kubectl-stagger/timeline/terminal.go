package timeline

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// minWidth is the narrowest terminal that a picture is made for.
const minWidth = 60

// Terminal draws the chart for a terminal of width characters, of which fewer
// than 60 are taken as 60; no line is longer. ascii draws with ASCII only. Errors
// are those of w.
func (c *Chart) Terminal(w io.Writer, width int, colour, ascii bool) error {
	t := &terminal{
		canvas: canvas{width: max(width, minWidth), colour: colour, ascii: ascii},
		p:      newPicture(*c), signs: signsFor(ascii),
	}
	if c.Title != "" {
		t.text(visible(c.Title, ascii), "", bold)
	}
	t.measure()
	for i, s := range t.p.series {
		if i > 0 || c.Title != "" {
			t.line(nil)
		}
		t.series(s)
	}
	t.legend()
	_, err := io.WriteString(w, t.b.String())
	return err
}

// terminal draws a picture on a canvas: a column of labels on the left, and
// columns of time.
type terminal struct {
	canvas
	signs
	p     *picture
	left  int // characters of the labels
	name  int // of which are for names
	cols  int // of time
	parts int // bars
	// highest is the highest bar.
	highest int
	// several is whether a mark stands for more than one death.
	several bool
}

const indent = 2

// measure divides the width. All series get the same axis.
func (t *terminal) measure() {
	if t.p.rows {
		longest := 0
		for _, s := range t.p.series {
			for _, r := range s.rows {
				longest = max(longest, utf8.RuneCountInString(visible(r.name, t.ascii)))
			}
		}
		clock := utf8.RuneCountInString(t.p.clock(t.p.From))
		t.name = min(longest, max(16, t.width/3))
		t.left = indent + clock + 1 + t.name + 1
		t.cols = t.width - t.left - 1
		return
	}
	// The most bars whose counts have room under them.
	t.left = indent + len("drained") + 1
	room := t.width - t.left - 1
	for _, t.parts = range []int{96, 72, 48, 36, 24, 18, 12, 8, 6, 4} {
		t.highest = t.p.highest(t.parts)
		if t.parts*(len(strconv.Itoa(t.highest))+1) <= room {
			break
		}
	}
	t.left = max(t.left, indent+len(strconv.Itoa(t.highest))+1)
	t.cols = room / t.parts * t.parts
}

func (t *terminal) series(s series) {
	if s.Title != "" {
		t.text(visible(s.Title, t.ascii), "", bold)
	}
	for i, line := range t.p.lines(s) {
		paint := plain
		if i == 0 && len(s.crowds) > 0 {
			paint = red
		} else if i == 0 && len(s.Deaths) > 0 {
			paint = green
		}
		t.text(line, "  ", paint)
	}
	if len(s.Deaths) == 0 {
		return
	}
	if t.p.rows {
		for _, r := range s.rows {
			t.row(r)
		}
		t.axis()
		t.crowds(s)
		return
	}
	bars := t.p.bars(s, t.parts)
	t.bars(bars)
	t.axis()
	t.crowds(s)
	t.counts("of age", bars, func(b bar) int { return b.aged })
	t.counts("drained", bars, func(b bar) int { return b.drained })
}

// row draws a node.
func (t *terminal) row(r row) {
	paint := plain
	if r.lead.crowded {
		paint = red
	}
	columns := make([][]mark, t.cols)
	for _, d := range r.deaths {
		at := t.p.place(d.At, t.cols)
		columns[at] = append(columns[at], d)
	}
	label := t.p.clock(r.lead.At) + " " + shorten(visible(r.name, t.ascii), t.name, t.ascii)
	cells := append(t.label(label, paint), t.ground()...)
	for i, deaths := range columns {
		if len(deaths) > 0 {
			cells[t.left+1+i] = t.mark(deaths)
		}
	}
	t.line(cells)
}

// mark is the character for deaths of one node in one column: where they are
// several, how many.
func (t *terminal) mark(deaths []mark) cell {
	c := cell{t.aged, yellow}
	if deaths[0].Drained {
		c = cell{t.drained, green}
	}
	if n := len(deaths); n > 1 {
		c.r = rune('0' + n)
		if n > 9 {
			c.r = '*'
		}
		t.several = true
	}
	if slices.ContainsFunc(deaths, func(d mark) bool { return d.crowded }) {
		c.p = red
	}
	return c
}

// label is the left column, with the axis' line on its right.
func (t *terminal) label(s string, p paint) []cell {
	cells := painted("  "+s, p)
	if room := t.left - len(cells); room > 0 {
		cells = append(cells, fill(' ', plain, room)...)
	}
	return append(cells[:t.left], cell{t.side, faint})
}

// ground is an empty row of time, with a line at each tick.
func (t *terminal) ground() []cell {
	cells := fill(' ', plain, t.cols)
	for _, k := range t.ticks() {
		if at := t.p.place(k.at, t.cols); at > 0 {
			cells[at] = cell{t.grid, faint}
		}
	}
	return cells
}

// ticks are as many as have room for their labels, and some air.
func (t *terminal) ticks() []tick {
	return t.p.ticks(t.cols / len("Jan 02   "))
}

// axis draws the line under a picture, and the clock times under that.
func (t *terminal) axis() {
	cells := append(fill(' ', plain, t.left), cell{t.corner, faint})
	cells = append(cells, fill(t.floor, faint, t.cols)...)
	labels := painted(right(t.p.zone()+"  ", t.left+1), faint)
	for _, k := range t.ticks() {
		at := t.left + 1 + t.p.place(k.at, t.cols)
		cells[at] = cell{t.tick, faint}
		if at+len(k.label) <= t.width && (len(labels) < at || len(labels) == t.left+1) {
			labels = append(labels, fill(' ', plain, at-len(labels))...)
			labels = append(labels, painted(k.label, plain)...)
		}
	}
	t.line(cells)
	t.line(labels)
}

// crowds marks the times in which too many die.
func (t *terminal) crowds(s series) {
	if len(s.crowds) == 0 {
		return
	}
	cells := append(painted("  too many", red), fill(' ', plain, t.left+1+t.cols)...)[:t.left+1+t.cols]
	for _, c := range s.crowds {
		for at := t.p.place(c.From, t.cols); at <= t.p.place(c.To, t.cols); at++ {
			cells[t.left+1+at] = cell{t.crowd, red}
		}
	}
	t.line(cells)
}

// legend explains the signs that were used.
func (t *terminal) legend() {
	k := t.p.kinds()
	var words string
	if a, d := t.aged, t.drained; k.aged || k.drained {
		if !t.p.rows {
			a, d = t.agedBar, t.drainedBar
			words += fmt.Sprintf("a bar is %s; ", spell(t.p.Span/time.Duration(t.parts)))
		}
		if k.aged {
			words += fmt.Sprintf("%c of age; ", a)
		}
		if k.drained {
			words += fmt.Sprintf("%c drained and replaced; ", d)
		}
	}
	if t.several {
		words += "2-9 so many deaths, * more; "
	}
	if k.crowds {
		words += fmt.Sprintf("%c more than %d in %s; ", t.crowd, t.p.Max, spell(t.p.Window))
	}
	if words != "" {
		t.line(nil)
		t.text(strings.TrimSuffix(words, "; "), "", faint)
	}
}
