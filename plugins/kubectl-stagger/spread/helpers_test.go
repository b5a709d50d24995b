package spread

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// aged returns a pool of nodes n0, n1, … of the given ages at noon; a negative
// age is unknown.
func aged(ages ...time.Duration) Pool {
	var p Pool
	for i, age := range ages {
		n := Node{Name: fmt.Sprintf("n%d", i)}
		if age >= 0 {
			n.Start = noon.Add(-age)
		}
		p.Nodes = append(p.Nodes, n)
	}
	return p
}

func same(n int, age time.Duration) Pool {
	ages := make([]time.Duration, n)
	for i := range ages {
		ages[i] = age
	}
	return aged(ages...)
}

// randomAges are uniform, in a bunch, in two bunches, equal, or well spread but
// for a few.
func randomAges(r *rand.Rand, n int, life time.Duration) []time.Duration {
	ages := make([]time.Duration, n)
	a, b := r.Int64N(int64(life)), r.Int64N(int64(life))
	kind := r.IntN(5)
	for i := range ages {
		age := r.Int64N(int64(life))
		switch bunch := r.Int64N(int64(life) / 30); kind {
		case 1:
			age = a + bunch
		case 2:
			age = a + bunch
			if r.IntN(2) == 0 {
				age = b + bunch
			}
		case 3:
			age = a
		case 4:
			if r.IntN(4) > 0 {
				age = a + int64(life)*int64(i)/int64(n)
			}
		}
		ages[i] = time.Duration(mod(age, int64(life)))
	}
	return ages
}

// randomWorkloads gives each node some shares.
func randomWorkloads(r *rand.Rand, p *Pool, workloads, each int) {
	p.Workloads = make([]Workload, workloads)
	for w := range p.Workloads {
		p.Workloads[w].Name = fmt.Sprintf("w%d", w)
	}
	for i := range p.Nodes {
		for range each {
			w := r.IntN(workloads)
			p.Nodes[i].Shares = append(p.Nodes[i].Shares, Share{w, 1})
			p.Workloads[w].Ready++
		}
	}
}

// verify checks a plan by what it says to the outside: who moves and who stays,
// when, and that in the time after the plan no window loses too many.
func verify(t *testing.T, pool Pool, o Options, now time.Time, p Plan) {
	t.Helper()
	o = o.WithDefaults()
	seen := map[string]int{}
	for _, s := range p.Steps {
		seen[s.Node]++
	}
	if o.Mode == Once {
		for _, k := range p.Kept {
			seen[k]++
		}
	}
	unknown := 0
	for _, n := range pool.Nodes {
		if _, known := Deadline(n, o, now); !known {
			unknown++
			if o.Mode == Rolling {
				seen[n.Name]++
			}
			if !slices.Contains(p.Kept, n.Name) {
				t.Errorf("%s of unknown start is not kept", n.Name)
			}
		}
		if seen[n.Name] != 1 {
			t.Errorf("%s has %d places in the plan", n.Name, seen[n.Name])
		}
	}
	if len(seen) != len(pool.Nodes) || p.Deletions != len(p.Steps) || p.Deletions < p.LowerBound || p.LowerBound < 0 {
		t.Errorf("%d places for %d nodes, %d deletions in %d steps, bound %d", len(seen), len(pool.Nodes), p.Deletions, len(p.Steps), p.LowerBound)
	}
	verifySteps(t, pool, o, now, p)
	if !squeezed(p) {
		verifyAfter(t, o, now, p, unknown)
	}
}

// squeezed is whether a plan admits that it could not keep the rule.
func squeezed(p Plan) bool {
	return slices.ContainsFunc(p.Warnings, func(w string) bool { return strings.Contains(w, "nearer to others") })
}

func verifySteps(t *testing.T, pool Pool, o Options, now time.Time, p Plan) {
	t.Helper()
	deadlines := map[string]time.Time{}
	for _, d := range Deaths(pool, o, now) {
		deadlines[d.Node] = d.At
	}
	for i, s := range p.Steps {
		end := s.At.Add(o.DrainTime)
		if s.At.Before(now) || s.At.After(now.Add(o.Period())) {
			t.Errorf("%s is moved after %v", s.Node, s.At.Sub(now))
		}
		if !o.Hours.Allow(s.At) || !o.Hours.Allow(end.Add(-1)) {
			t.Errorf("%s is moved at %v, outside the hours", s.Node, s.At.In(o.Hours.zone()))
		}
		if o.Horizon > 0 && end.After(now.Add(o.Horizon)) {
			t.Errorf("%s is moved after the horizon", s.Node)
		}
		was := deadlines[s.Node]
		switch {
		case s.Reason == Reborn && (s.At.Before(was.Add(o.Boot)) || !s.Deadline.Equal(was.Add(o.Period()))):
			t.Errorf("%s is moved at %v, but it dies at %v and its successor needs %v; deadline %v", s.Node, s.At, was, o.Boot, s.Deadline)
		case s.Reason != Reborn && !s.Deadline.Equal(was), end.After(s.Deadline):
			t.Errorf("%s is moved by %v, deadline %v, was %v (%s)", s.Node, end, s.Deadline, was, s.Reason)
		}
		if j := i + o.Concurrency; j < len(p.Steps) && p.Steps[j].At.Sub(s.At) < o.DrainTime+o.Boot {
			t.Errorf("%d drains overlap at %v", o.Concurrency+1, s.At)
		}
	}
}

func verifyAfter(t *testing.T, o Options, now time.Time, p Plan, unknown int) {
	t.Helper()
	from, until := now.Add(o.Period()+o.DrainTime), now.Add(4*o.Period())
	deaths := slices.DeleteFunc(p.Deaths(until), func(d Death) bool { return d.At.Before(from) })
	if crowds := Crowds(deaths, p.Window, p.Max); len(crowds) > 0 {
		t.Errorf("windows of %v lose more than %d: %v", p.Window, p.Max, crowds)
	}
	if p.After.MaxInWindow > p.Max+unknown || unknown < o.Max && p.After.MaxInWindow > o.Max {
		t.Errorf("after the plan a window loses %d", p.After.MaxInWindow)
	}
}
