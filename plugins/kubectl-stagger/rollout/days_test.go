package rollout

import (
	"fmt"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// days plays a pool whose plan is looked after by a run every ten minutes, as a
// CronJob does it: what is written down is all that one run knows of the others. It
// returns the most nodes that die of age in any ten minutes of each day, and the
// replacements.
func days(t *testing.T, nodes int, age time.Duration, mode spread.Mode, nodesSurvive bool) (worst []int, replaced int) {
	t.Helper()
	const run, week = 10 * time.Minute, 7 * 24 * time.Hour
	p := Planner{Options: spread.Options{Mode: mode}}
	o := p.Options.WithDefaults()
	s := aged(nodes, age)
	var lease ledger.Plan
	var deaths []time.Time
	reborn := func(n *pool.Node, at time.Time, own bool) {
		n.Start.At, n.Machine.BootID = at.Add(o.Boot), fmt.Sprint(n.Name, at)
		if own || !nodesSurvive {
			n.Annotations = map[string]string{} // the Node object is deleted
		}
	}
	for now := noon; now.Before(noon.Add(week)); now = now.Add(run) {
		for i := range s.Nodes {
			if n := &s.Nodes[i]; now.Sub(n.Start.At) >= o.Life {
				died := n.Start.At.Add(o.Life)
				deaths = append(deaths, died)
				reborn(n, died, false)
			}
		}
		s.TakenAt = now
		a, err := p.Make(s, lease, now)
		if err != nil {
			t.Fatal(err)
		}
		if a.Plan != nil {
			lease = p.written(a)
			for i := range s.Nodes {
				delete(s.Nodes[i].Annotations, ledger.PlannedKey)
			}
		}
		for _, step := range a.Steps {
			for i := range s.Nodes {
				n := &s.Nodes[i]
				switch {
				case n.Name != step.Node:
				case step.At.Before(now.Add(run)): // in this run, at its time
					reborn(n, step.At.Add(o.DrainTime), true)
					delete(lease.Reborn, n.Name)
					replaced++
				case a.Plan != nil:
					n.Annotations[ledger.PlannedKey] = step.String()
				}
			}
		}
	}
	worst = make([]int, 7)
	for i, first := range deaths {
		n := 0
		for _, d := range deaths[i:] {
			if d.Sub(first) < 10*time.Minute && !d.Before(first) {
				n++
			}
		}
		day := int(first.Sub(noon) / (24 * time.Hour))
		worst[min(day, 6)] = max(worst[min(day, 6)], n)
	}
	return worst, replaced
}

// A week of a pool: after the first day it dies one node at a time, whatever becomes
// of the Node objects, and with the fewest replacements.
func TestAWeek(t *testing.T) {
	for _, age := range []time.Duration{3 * time.Hour, 20 * time.Hour} {
		for _, survive := range []bool{true, false} {
			worst, replaced := days(t, 30, age, spread.Once, survive)
			for day, n := range worst[2:] {
				if n > 1 {
					t.Errorf("%v old, Node objects survive %v: on day %d ten minutes take %d nodes; all days: %v", age, survive, day+2, n, worst)
				}
			}
			if replaced != 29 {
				t.Errorf("%v old, Node objects survive %v: %d replacements", age, survive, replaced)
			}
		}
	}
}

// A rolling plan: from the third day on hardly any node dies undrained.
func TestARollingWeek(t *testing.T) {
	for _, survive := range []bool{true, false} {
		worst, replaced := days(t, 30, 20*time.Hour, spread.Rolling, survive)
		for day, n := range worst[3:] {
			if n > 1 {
				t.Errorf("Node objects survive %v: on day %d ten minutes take %d nodes; all days: %v", survive, day+3, n, worst)
			}
		}
		if replaced < 30*5 || replaced > 30*8 {
			t.Errorf("Node objects survive %v: %d replacements in a week", survive, replaced)
		}
	}
}
