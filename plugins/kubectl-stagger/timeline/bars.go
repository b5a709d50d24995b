package timeline

import "strconv"

// height is that of the highest bar, in lines.
const height = 8

// bars draws a histogram, on the same scale for all series.
func (t *terminal) bars(bars []bar) {
	wide := t.cols / t.parts
	for level := height; level > 0; level-- {
		scale := ""
		if level == height {
			scale = strconv.Itoa(t.highest)
		}
		cells := append(t.label(right(scale, t.left-indent-1), faint), t.ground()...)
		for i, b := range bars {
			at := t.left + 1 + i*wide
			for j := range max(1, wide-1) {
				if c, filled := t.block(b, level); filled {
					cells[at+j] = c
				}
			}
		}
		t.line(cells)
	}
}

// block is the part of a bar at a level from 1 on: what is drained stands below.
func (t *terminal) block(b bar, level int) (cell, bool) {
	total := t.scaled(b.total())
	if level > total {
		return cell{}, false
	}
	drained := min(t.scaled(b.drained), total-min(b.aged, 1))
	c := cell{t.agedBar, yellow}
	if level <= drained {
		c = cell{t.drainedBar, green}
	}
	if b.crowded {
		c.p = red
	}
	return c, true
}

// scaled is how many lines n deaths are high: one at least.
func (t *terminal) scaled(n int) int { return (n*height + t.highest - 1) / t.highest }

// counts writes the numbers of a kind under the bars.
func (t *terminal) counts(name string, bars []bar, of func(bar) int) {
	wide, any := t.cols/t.parts, false
	cells := append(painted("  "+name, faint), fill(' ', plain, t.left+1+t.cols)...)[:t.left+1+t.cols]
	for i, b := range bars {
		if n := of(b); n > 0 {
			any = true
			copy(cells[t.left+1+i*wide:], painted(strconv.Itoa(n), plain))
		}
	}
	if any {
		t.line(cells)
	}
}
