package spread

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Death is the end of a VM.
type Death struct {
	Node string
	At   time.Time
	// Drained is whether a plan ends it, and not its age.
	Drained bool
}

// maxTurns bounds how far a timeline reaches.
const maxTurns = 400

// Deadline returns when a node's VM dies of its age, from now to Life from now. It is
// not known when the start is not, or is one that a living VM cannot have: more
// than ten minutes in the future, or as much more than Life ago.
func Deadline(n Node, options Options, now time.Time) (deadline time.Time, known bool) {
	return deadlineOf(n, options.WithDefaults(), now)
}

// Deaths returns the next death of each node whose deadline is known, in order
// of time, if nobody does anything.
func Deaths(pool Pool, options Options, now time.Time) []Death {
	var deaths []Death
	for _, n := range pool.Nodes {
		if at, known := Deadline(n, options, now); known {
			deaths = append(deaths, Death{Node: n.Name, At: at})
		}
	}
	return inOrder(deaths)
}

// Deaths returns all deaths from the plan's beginning to until, at most 400
// turns, in order of time, if all goes as planned: those of age before a node's
// step, the step, and what follows from it. A rolling plan is taken to go on in
// its slots.
func (p *Plan) Deaths(until time.Time) []Death {
	if end := p.now.Add(maxTurns * p.options.turn()); until.After(end) {
		until = end
	}
	moved := make(map[string]Step, len(p.Steps))
	for _, s := range p.Steps {
		moved[s.Node] = s
	}
	var deaths []Death
	for _, d := range p.origin {
		step, moves := moved[d.Node]
		end := step.At.Add(p.options.DrainTime)
		for ; d.At.Before(until) && (!moves || d.At.Before(end)); d.At = d.At.Add(p.options.Period()) {
			deaths = append(deaths, d)
		}
		if !moves {
			continue
		}
		for d = (Death{step.Node, end, true}); d.At.Before(until); d.At = d.At.Add(p.options.turn()) {
			deaths = append(deaths, d)
			d.Drained = p.options.Mode == Rolling
		}
	}
	return inOrder(deaths)
}

func inOrder(deaths []Death) []Death {
	slices.SortFunc(deaths, func(a, b Death) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Node, b.Node))
	})
	return deaths
}

// Crowd is a time in which windows lose too many nodes.
type Crowd struct {
	From, To time.Time // the first and the last death
	Most     int       // nodes in the worst window
	Nodes    []string  // in order of their deaths
}

// Crowds returns where windows have more than most deaths, in order of time;
// windows that have a death in common are one crowd. A window does not hold a
// death at its end.
func Crowds(deaths []Death, window time.Duration, most int) []Crowd {
	var crowds []Crowd
	from, covered := 0, 0 // the window's first death; deaths before covered are in a crowd
	for i := range deaths {
		for deaths[i].At.Sub(deaths[from].At) >= window && from < i {
			from++
		}
		n := i - from + 1
		if n <= most {
			continue
		}
		if len(crowds) == 0 || from >= covered {
			crowds = append(crowds, Crowd{From: deaths[from].At})
			covered = from
		}
		c := &crowds[len(crowds)-1]
		c.To, c.Most = deaths[i].At, max(c.Most, n)
		for ; covered <= i; covered++ {
			c.Nodes = append(c.Nodes, deaths[covered].Node)
		}
	}
	return crowds
}
