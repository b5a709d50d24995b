package timeline

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Measures of the drawing, in its own units.
const (
	svgWidth  = 960
	svgMargin = 20
	svgLabels = 290 // from the left edge to the axis of time, with rows
	svgLeft   = 100 // and with bars
	svgLine   = 18  // a line of text, or a row
	svgBars   = 140 // the highest bar
	svgParts  = 24  // bars
)

// The colours tell deaths of age, drains and crowds apart without red against
// green, on light and on dark; so do the shapes.
const svgStyle = `.deaths{--paper:#fff;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--aged:#bc4c00;--drained:#0969da;--crowd:#cf222e}
@media(prefers-color-scheme:dark){.deaths{--paper:#0d1117;--ink:#f0f6fc;--soft:#9198a1;--line:#3d444d;--aged:#f0883e;--drained:#58a6ff;--crowd:#ff7b72}}
.deaths text{font:13px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink)}
.deaths .h{font-weight:bold}.deaths .soft{fill:var(--soft)}.deaths .worst{fill:var(--crowd);font-weight:bold}
.deaths .paper{fill:var(--paper)}.deaths .grid{stroke:var(--line)}
.deaths .band{fill:var(--crowd);opacity:.2}
.deaths path.aged{stroke:var(--aged);stroke-width:2.5;fill:none}.deaths .drained{fill:var(--drained)}.deaths rect.aged{fill:var(--aged)}
`

// SVG draws the chart as a picture of its own, for light and dark pages. Errors
// are those of w.
func (c *Chart) SVG(w io.Writer) error {
	d := &drawing{p: newPicture(*c), left: svgLabels}
	if !d.p.rows {
		d.left = svgLeft
		d.highest = d.p.highest(svgParts)
	}
	for _, s := range d.p.series {
		d.series(s)
	}
	d.legend()
	_, err := io.WriteString(w, d.whole())
	return err
}

// drawing is the body of an SVG, from its top to y.
type drawing struct {
	p       *picture
	left    float64 // of the axis of time
	highest int
	b       strings.Builder
	y       float64
}

// whole puts the head in front of the body, whose height is known by now.
func (d *drawing) whole() string {
	title := d.p.Title
	if title == "" {
		title = "When nodes die"
	}
	var said []string
	for _, s := range d.p.series {
		line := strings.Join(d.p.lines(s), ". ")
		if s.Title != "" {
			line = s.Title + ": " + line
		}
		said = append(said, line+".")
	}
	top := 0
	head := ""
	if d.p.Title != "" {
		top = 2 * svgLine
		head = fmt.Sprintf("<text class=\"h\" x=\"%d\" y=\"%d\">%s</text>\n", svgMargin, svgMargin+svgLine/2, escaped(shorten(visible(d.p.Title, false), 118, false)))
	}
	high := int(d.y) + top + 2*svgMargin
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="deaths" role="img" viewBox="0 0 %d %d" width="%d" height="%d">
<title>%s</title>
<desc>%s</desc>
<style>
%s</style>
<rect class="paper" width="%d" height="%d"/>
%s<g transform="translate(0 %d)">
%s</g>
</svg>
`, svgWidth, high, svgWidth, high, escaped(visible(title, false)), escaped(visible(strings.Join(said, " "), false)), svgStyle,
		svgWidth, high, head, svgMargin+top, d.b.String())
}

func (d *drawing) series(s series) {
	if s.Title != "" {
		d.text("h", s.Title)
	}
	for i, line := range d.p.lines(s) {
		class := "soft"
		if i == 0 && len(s.crowds) > 0 {
			class = "worst"
		}
		d.text(class, line)
	}
	d.y += svgLine / 2
	if len(s.Deaths) > 0 {
		high := svgBars
		if d.p.rows {
			high = svgLine * len(s.rows)
		} else {
			d.y += svgLine // for the number on the highest bar
		}
		d.frame(s, float64(high))
		if d.p.rows {
			for _, r := range s.rows {
				d.row(r)
			}
		} else {
			d.bars(d.p.bars(s, svgParts))
		}
		d.y += 2 * svgLine
	}
	d.y += svgLine
}

// frame draws what is behind a picture: ticks, their clock times and the crowds.
func (d *drawing) frame(s series, high float64) {
	bottom := d.y + high
	for _, k := range d.p.ticks(12) {
		x := d.x(k.at)
		d.add(`<line class="grid" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`, x, d.y, x, bottom+4)
		d.add(`<text class="soft" text-anchor="middle" x="%.1f" y="%.1f">%s</text>`, x, bottom+svgLine, k.label)
	}
	d.add(`<line class="grid" x1="%.1f" y1="%.1f" x2="%d" y2="%.1f"/>`, d.left, bottom, svgWidth-svgMargin, bottom)
	d.add(`<text class="soft" text-anchor="end" x="%.1f" y="%.1f">%s</text>`, d.left-30, bottom+svgLine, d.p.zone())
	for _, c := range s.crowds {
		from, to := d.x(c.From)-6, d.x(c.To)+6
		d.add(`<rect class="band" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>too many: %d in %s, %s</title></rect>`,
			from, d.y, to-from, high, c.Most, spell(d.p.Window), d.p.clocks(c.From, c.To))
	}
}

func (d *drawing) row(r row) {
	base := d.y + svgLine - 5
	label := d.p.clock(r.lead.At)
	name := visible(r.name, false)
	room := 32 - utf8.RuneCountInString(label)
	d.add(`<text x="%d" y="%.1f"><title>%s</title>%s <tspan class="soft">%s</tspan></text>`, svgMargin, base, name, label, shorten(name, room, false))
	for _, m := range r.deaths {
		x, y := d.x(m.At), d.y+svgLine/2
		when := name + ": " + d.p.clocks(m.At, m.At)
		if m.Drained {
			d.add(`<circle class="drained" cx="%.1f" cy="%.1f" r="5"><title>%s, drained</title></circle>`, x, y, when)
		} else {
			d.add(`<path class="aged" d="M%.1f %.1fl8 8m0-8l-8 8"><title>%s, of age</title></path>`, x-4, y-4, when)
		}
	}
	d.y += svgLine
}

// bars draws a histogram: what is drained stands below.
func (d *drawing) bars(bars []bar) {
	wide := (svgWidth - svgMargin - d.left) / float64(len(bars))
	bottom := d.y + svgBars
	part := d.p.Span / time.Duration(len(bars))
	for i, b := range bars {
		if b.total() == 0 {
			continue
		}
		x := d.left + float64(i)*wide + 1
		drained, aged := d.scaled(b.drained), d.scaled(b.aged)
		from := d.p.From.Add(time.Duration(i) * part)
		d.add(`<g><title>%s: %d of age, %d drained</title>`, d.p.clocks(from, from.Add(part)), b.aged, b.drained)
		for _, r := range []struct {
			class     string
			top, high float64
		}{{"drained", bottom - drained, drained}, {"aged", bottom - drained - aged, aged}} {
			if r.high > 0 {
				d.add(`<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, r.class, x, r.top, wide-2, r.high)
			}
		}
		d.add(`<text class="count" text-anchor="middle" x="%.1f" y="%.1f">%s</text></g>`, x+wide/2-1, bottom-drained-aged-4, strconv.Itoa(b.total()))
	}
	d.y = bottom
}

func (d *drawing) scaled(n int) float64 { return float64(n) * svgBars / float64(d.highest) }

// legend explains the signs that were used.
func (d *drawing) legend() {
	k := d.p.kinds()
	x := d.left
	for _, item := range []struct {
		shown               bool
		shape, bar, meaning string
	}{
		{k.aged, `<path class="aged" d="M%.1f %.1fl8 8m0-8l-8 8"/>`, `<rect class="aged" x="%.1f" y="%.1f" width="8" height="8"/>`, "of age"},
		{k.drained, `<circle class="drained" cx="%.1f" cy="%.1f" r="5" transform="translate(4 4)"/>`, `<rect class="drained" x="%.1f" y="%.1f" width="8" height="8"/>`, "drained and replaced"},
		{k.crowds, `<rect class="band" x="%.1f" y="%.1f" width="8" height="8"/>`, `<rect class="band" x="%.1f" y="%.1f" width="8" height="8"/>`, "more than " + strconv.Itoa(d.p.Max) + " in " + spell(d.p.Window)},
	} {
		if !item.shown {
			continue
		}
		shape := item.shape
		if !d.p.rows {
			shape = item.bar
		}
		d.add(shape, x, d.y-9)
		d.add(`<text class="soft" x="%.1f" y="%.1f">%s</text>`, x+14, d.y, item.meaning)
		x += float64(30 + 8*len(item.meaning))
	}
}

func (d *drawing) text(class, s string) {
	d.add(`<text class="%s" x="%d" y="%.1f">%s</text>`, class, svgMargin, d.y+svgLine-5, shorten(visible(s, false), 118, false))
	d.y += svgLine
}

func (d *drawing) x(t time.Time) float64 {
	return d.left + float64(t.Sub(d.p.From))/float64(d.p.Span)*(svgWidth-svgMargin-d.left)
}

// add adds an element; arguments that are texts are escaped.
func (d *drawing) add(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = escaped(s)
		}
	}
	fmt.Fprintf(&d.b, format+"\n", args...)
}

// escaped is for text and attributes; what XML does not allow at all, visible has removed.
func escaped(s string) string { return xmlEscaper.Replace(s) }

var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")
