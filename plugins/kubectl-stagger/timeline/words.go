package timeline

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// lines are what is said of a series, the worst first.
func (p *picture) lines(s series) []string {
	lines := []string{p.worst(s)}
	if then := p.then(s); then != "" {
		lines = append(lines, then)
	}
	if s.Unknown > 0 {
		lines = append(lines, fmt.Sprintf("%s of unknown start may die at any time", count(s.Unknown, "node", "nodes")))
	}
	if s.outside > 0 {
		lines = append(lines, fmt.Sprintf("not in the picture: %s outside of these %s", count(s.outside, "death", "deaths"), spell(p.Span)))
	}
	return lines
}

// worst says what the worst window loses.
func (p *picture) worst(s series) string {
	if len(s.Deaths) == 0 {
		return "no death in these " + spell(p.Span)
	}
	worst := p.worstWindow(s.Deaths)
	lost := p.lost(worst)
	if len(s.crowds) > 0 {
		times := p.clocks(worst[0].At, worst[len(worst)-1].At)
		text := fmt.Sprintf("worst: %s: %s, where %d in %s may die", times, lost, p.Max, spell(p.Window))
		if n := len(s.crowds); n > 1 {
			text += fmt.Sprintf("; too many at %d times", n)
		}
		return text
	}
	if len(s.Deaths) == 1 {
		return fmt.Sprintf("worst: %s: %s", p.clocks(s.Deaths[0].At, s.Deaths[0].At), lost)
	}
	return fmt.Sprintf("worst: %s in any %s; %s", lost, spell(p.Window), rhythm(s.Deaths))
}

// then says what comes after the last crowd: with a plan that is made late, the
// nodes die together once more.
func (p *picture) then(s series) string {
	drained := func(d spread.Death) bool { return d.Drained }
	if len(s.crowds) == 0 || !slices.ContainsFunc(s.Deaths, drained) {
		return ""
	}
	rest := s.Deaths
	for to := s.crowds[len(s.crowds)-1].To; len(rest) > 0 && !rest[0].At.After(to); {
		rest = rest[1:]
	}
	if len(rest) < 2 {
		return ""
	}
	return fmt.Sprintf("after that: %s in any %s; %s", p.lost(p.worstWindow(rest)), spell(p.Window), rhythm(rest))
}

// worstWindow is the first of the windows with the most deaths.
func (p *picture) worstWindow(deaths []spread.Death) []spread.Death {
	var worst []spread.Death
	from := 0
	for i, d := range deaths {
		for d.At.Sub(deaths[from].At) >= p.Window {
			from++
		}
		if i-from+1 > len(worst) {
			worst = deaths[from : i+1]
		}
	}
	return worst
}

// lost counts the nodes that die; one may die of age and be drained again soon.
func (p *picture) lost(deaths []spread.Death) string {
	n := distinct(deaths)
	lost := fmt.Sprintf("%d of %s", n, count(p.Nodes, "node", "nodes"))
	if n < len(deaths) {
		lost += fmt.Sprintf(" (%d deaths)", len(deaths))
	}
	return lost
}

func distinct(deaths []spread.Death) int {
	names := map[string]bool{}
	for _, d := range deaths {
		names[d.Node] = true
	}
	return len(names)
}

// rhythm says how often a node dies, of at least two deaths.
func rhythm(deaths []spread.Death) string {
	last := len(deaths) - 1
	mean := deaths[last].At.Sub(deaths[0].At) / time.Duration(last)
	least, most := mean, mean
	for i, d := range deaths[1:] {
		gap := d.At.Sub(deaths[i].At)
		least, most = min(least, gap), max(most, gap)
	}
	text := "one every " + spell(mean)
	if most > least+least/2 {
		text += fmt.Sprintf(" on average (%s to %s)", spell(least), spell(most))
	}
	return text
}

// aboutADay is up to which span a time of day says which one is meant: a turn of
// a day's life and a boot is a little longer than a day.
const aboutADay = 25 * time.Hour

// clock is a time of day, with the day where the axis needs it.
func (p *picture) clock(t time.Time) string { return t.In(p.Zone).Format(p.clockFormat()) }

func (p *picture) clockFormat() string {
	switch {
	case p.Span <= aboutADay:
		return "15:04"
	case p.Span <= 7*24*time.Hour:
		return "Mon 15:04"
	}
	return "Jan _2 15:04"
}

// clocks is a range of clock times with its zone.
func (p *picture) clocks(from, to time.Time) string {
	text := p.clock(from)
	if end := p.clock(to); end != text {
		if from.In(p.Zone).Format(time.DateOnly) == to.In(p.Zone).Format(time.DateOnly) {
			end = to.In(p.Zone).Format("15:04")
		}
		text += "-" + end
	}
	return text + " " + visible(to.In(p.Zone).Format("MST"), true)
}

// spell writes a duration as people say it, to the minute from 10 minutes on.
func spell(d time.Duration) string {
	if d >= 10*time.Minute {
		d = d.Round(time.Minute)
	} else {
		d = d.Round(time.Second)
	}
	h, m, s := d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second
	var words []string
	for _, part := range []struct {
		n    time.Duration
		unit string
	}{{h, "h"}, {m, "min"}, {s, "s"}} {
		if part.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", part.n, part.unit))
		}
	}
	if words == nil {
		return "0 s"
	}
	return strings.Join(words, " ")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// visible escapes what may not reach a terminal or whose width there is not
// known: all but printable Latin letters and signs, of which ascii leaves ASCII.
// Node names and labels have no others, unless somebody is up to something.
func visible(s string, ascii bool) string {
	limit := rune(0x250)
	if ascii {
		limit = unicode.MaxASCII
	}
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		switch {
		case r < limit && unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, "\\U%08x", r)
		default:
			fmt.Fprintf(&b, "\\u%04x", r)
		}
	}
	return b.String()
}

// shorten cuts the middle out of a text that is longer than width characters:
// the beginnings of node names are those of their pool, the ends their own.
func shorten(s string, width int, ascii bool) string {
	n := utf8.RuneCountInString(s)
	if n <= width {
		return s
	}
	dots := "…"
	if ascii {
		dots = ".."
	}
	left := width - utf8.RuneCountInString(dots)
	runes := []rune(s)
	return string(runes[:left/2]) + dots + string(runes[n-(left-left/2):])
}
