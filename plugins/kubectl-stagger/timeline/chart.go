// Package timeline draws when the nodes of a pool die, for a terminal and as
// SVG: a row per node for a small pool, a histogram for a large one. It is pure:
// deaths go in, pictures come out.
package timeline

import (
	"cmp"
	"slices"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// Chart is one or more series of deaths, one under the other on the same axis of
// time: what will happen anyway and what a plan makes of it, say.
type Chart struct {
	Title string
	// From is where the axis begins, and Span how long it is; 0 is 24 h.
	From   time.Time
	Span   time.Duration
	Series []Series
	// Nodes is how many the pool has; 0 is those that have a death in any series
	// and those of unknown start.
	Nodes int
	// Window may lose at most Max nodes: more are marked. 0 is 10 min, and 1.
	Window time.Duration
	Max    int
	// Zone is that of the clock times; nil is UTC.
	Zone *time.Location
}

// Series are the deaths of one course of events.
type Series struct {
	Title string
	// Deaths may be in any order; those outside of the axis are only counted.
	Deaths []spread.Death
	// Unknown is how many nodes may die at any time. They are named in a line of
	// their own and count in no window, since no plan can move them.
	Unknown int
}

// maxRows is the largest pool that is drawn with a row per node.
const maxRows = 40

// picture is a chart made ready to be drawn.
type picture struct {
	Chart
	series []series
	// rows is whether nodes have rows, and not bars.
	rows bool
}

type series struct {
	Series        // with the deaths on the axis, in order of time
	outside int   // deaths that are not on the axis
	rows    []row // in order of their leading death
	crowds  []spread.Crowd
}

// row is a node with its deaths, in order of time.
type row struct {
	name   string
	deaths []mark
	lead   mark // what the row is sorted by: what a plan does, if anything
}

type mark struct {
	spread.Death
	crowded bool
}

func newPicture(c Chart) *picture {
	if c.Span <= 0 {
		c.Span = 24 * time.Hour
	}
	if c.Window <= 0 {
		c.Window = 10 * time.Minute
	}
	c.Max = max(c.Max, 1)
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	c.From = c.From.In(c.Zone)
	p := &picture{Chart: c, rows: true}
	names, unknown := map[string]bool{}, 0
	for _, s := range c.Series {
		for _, d := range s.Deaths {
			names[d.Node] = true
		}
		unknown = max(unknown, s.Unknown)
		drawn := p.newSeries(s)
		p.rows = p.rows && len(drawn.rows) <= maxRows
		p.series = append(p.series, drawn)
	}
	if c.Nodes <= 0 {
		p.Nodes = len(names) + unknown
	}
	return p
}

func (p *picture) newSeries(s Series) series {
	deaths := make([]spread.Death, 0, len(s.Deaths))
	for _, d := range s.Deaths {
		if after := d.At.Sub(p.From); after >= 0 && after < p.Span {
			deaths = append(deaths, d)
		}
	}
	outside := len(s.Deaths) - len(deaths)
	slices.SortStableFunc(deaths, func(a, b spread.Death) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Node, b.Node))
	})
	s.Deaths = deaths
	out := series{Series: s, outside: outside, crowds: spread.Crowds(deaths, p.Window, p.Max)}
	index := map[string]int{}
	for _, d := range deaths {
		m := mark{d, out.crowded(d.At)}
		i, known := index[d.Node]
		if !known {
			i = len(out.rows)
			index[d.Node] = i
			out.rows = append(out.rows, row{name: d.Node, lead: m})
		}
		r := &out.rows[i]
		r.deaths = append(r.deaths, m)
		if d.Drained && !r.lead.Drained {
			r.lead = m
		}
	}
	slices.SortStableFunc(out.rows, func(a, b row) int {
		return cmp.Or(a.lead.At.Compare(b.lead.At), cmp.Compare(a.name, b.name))
	})
	return out
}

// crowded reports whether a death at t is one of a crowd.
func (s *series) crowded(t time.Time) bool {
	i, _ := slices.BinarySearchFunc(s.crowds, t, func(c spread.Crowd, t time.Time) int { return c.To.Compare(t) })
	return i < len(s.crowds) && !s.crowds[i].From.After(t)
}

// place is where a time is on an axis of n places.
func (p *picture) place(t time.Time, n int) int {
	at := int(float64(t.Sub(p.From)) / float64(p.Span) * float64(n))
	return min(max(at, 0), n-1)
}

// bar is what dies in one part of the axis.
type bar struct {
	aged, drained int
	crowded       bool
}

func (b bar) total() int { return b.aged + b.drained }

// bars counts deaths in n parts of the axis.
func (p *picture) bars(s series, n int) []bar {
	bars := make([]bar, n)
	for _, d := range s.Deaths {
		b := &bars[p.place(d.At, n)]
		if d.Drained {
			b.drained++
		} else {
			b.aged++
		}
		b.crowded = b.crowded || s.crowded(d.At)
	}
	return bars
}

// highest is the highest bar of all series, at least 1: they have one scale.
func (p *picture) highest(n int) int {
	highest := 1
	for _, s := range p.series {
		for _, b := range p.bars(s, n) {
			highest = max(highest, b.total())
		}
	}
	return highest
}

// kinds are what a legend has to explain.
type kinds struct{ aged, drained, crowds bool }

func (p *picture) kinds() kinds {
	var k kinds
	for _, s := range p.series {
		for _, d := range s.Deaths {
			k.aged = k.aged || !d.Drained
			k.drained = k.drained || d.Drained
		}
		k.crowds = k.crowds || len(s.crowds) > 0
	}
	return k
}
