package rules

import (
	"fmt"
	"slices"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// death is when a node's machine dies of its age.
type death struct {
	node int // of the pool
	at   time.Time
}

// foresee finds when nodes die, over two turns: a death soon after now and one that
// comes just before its repetition are as close as any.
func (c *checker) foresee() {
	c.window = c.Window
	if c.window == 0 {
		c.window = DefaultWindow
	}
	c.dated = make([]bool, len(c.Pool.Nodes))
	for i := range c.Pool.Nodes {
		n := &c.Pool.Nodes[i]
		if n.MaxAge <= 0 {
			continue
		}
		c.window = min(c.window, n.MaxAge/time.Duration(2*len(c.Pool.Nodes)))
		options := spread.Options{Life: n.MaxAge}
		if at, known := spread.Deadline(spread.Node{Name: n.Name, Start: n.Start.At}, options, c.now); known {
			c.dated[i] = true
			c.deaths = append(c.deaths, death{i, at}, death{i, at.Add(options.Period())})
		}
	}
	c.window = max(c.window, 1)
	slices.SortStableFunc(c.deaths, func(a, b death) int { return a.at.Compare(b.at) })
}

// worst returns the deaths of the window that weighs most; none when none weighs
// anything. A window does not hold a death at its end.
func (c *checker) worst(weight func(node int) int) []death {
	var best []death
	from, sum, most := 0, 0, 0
	for to, d := range c.deaths {
		sum += weight(d.node)
		for ; d.at.Sub(c.deaths[from].at) >= c.window; from++ {
			sum -= weight(c.deaths[from].node)
		}
		if sum > most {
			most, best = sum, c.deaths[from:to+1]
		}
	}
	return best
}

// checkWindow finds workloads that lose too many replicas at about the same time.
func (c *checker) checkWindow(w *workload) {
	deaths := slices.Clone(c.worst(func(node int) int { return w.ready[node] }))
	deaths = slices.DeleteFunc(deaths, func(d death) bool { return w.ready[d.node] == 0 })
	lost := 0
	for _, d := range deaths {
		lost += w.ready[d.node]
	}
	if lost < 2 || 2*lost < w.Ready {
		return
	}
	f := finding.Finding{ID: OneWindow, Severity: finding.Warning, Object: w.object}
	share := fmt.Sprintf("%d of %d ready replicas (%d %%)", lost, w.Ready, 100*lost/w.Ready)
	if lost >= w.Ready {
		f.Severity, share = finding.Error, all(w.Ready)
	}
	first, last := deaths[0].at, deaths[len(deaths)-1].at
	f.What = fmt.Sprintf("%s die of their nodes' age within %s, from %s on.", share, minutes(last.Sub(first)), clock(first))
	if len(deaths) == 1 {
		f.What = fmt.Sprintf("%s die with one node, at %s.", share, clock(first))
	}
	for _, d := range deaths {
		n := &c.Pool.Nodes[d.node]
		text := fmt.Sprintf("dies at %s with %s", clock(d.at), count(w.ready[d.node], "ready replica"))
		if n.Start.Source.Estimated() {
			text += "; its start is estimated"
		}
		f.Evidence = append(f.Evidence, finding.Evidence{Source: "node " + n.Name, Text: text})
	}
	if len(deaths) > 1 {
		f.Cause = "The nodes were made at about the same time, and each dies at the same age."
		f.Fix = append(f.Fix, c.planSteps()...)
	}
	if len(deaths) == 1 {
		f.Fix = append(f.Fix, spreadConstraints())
	}
	c.add(f)
}

// all are all ready replicas in words.
func all(n int) string {
	if n == 2 {
		return "Both ready replicas"
	}
	return fmt.Sprintf("All %d ready replicas", n)
}

func spreadConstraints() finding.Step {
	return finding.Step{Do: "Have its pods spread over nodes: topologySpreadConstraints with topologyKey kubernetes.io/hostname, maxSkew 1 and whenUnsatisfiable: DoNotSchedule."}
}

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// minutes is a duration in whole minutes, at least one.
func minutes(d time.Duration) string {
	return count(max(1, int((d+time.Minute-1)/time.Minute)), "minute")
}
