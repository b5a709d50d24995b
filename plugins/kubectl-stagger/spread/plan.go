package spread

import (
	"cmp"
	"slices"
	"time"
)

// Reason is why a step is in the plan.
type Reason string

const (
	// Crowded: too many nodes die in this one's window; it moves before it dies.
	Crowded Reason = "crowded"
	// Reborn: the same, but its turn comes after its death; the successor of the
	// same name moves.
	Reborn Reason = "reborn"
	// Due: a rolling plan replaces it in its own slot.
	Due Reason = "due"
)

// Step replaces one node.
type Step struct {
	Node string
	// At is when to begin the drain, not before.
	At time.Time
	// Deadline is when the VM that is there at At dies by itself.
	Deadline time.Time
	// Next is the deadline of its successor when the drain takes DrainTime.
	Next   time.Time
	Reason Reason
}

// Plan says what to delete when, and what that is good for.
type Plan struct {
	// Steps, in order of time.
	Steps []Step
	// Kept are the nodes whose deaths stay where they are, in order of time; in a
	// rolling plan they are replaced at their own time. Nodes of unknown start are
	// kept, too, and come last.
	Kept []string
	// LowerBound is how many deletions no plan for these nodes, Window and Max can
	// do without.
	LowerBound int
	// Deletions is how many the plan makes: one per step.
	Deletions int
	// Window and Max are what the plan keeps for nodes of known start: the options,
	// or what stands in for them. Max is at most the number of these nodes.
	Window time.Duration
	Max    int
	// Before and After are the pool as it is and as the plan leaves it.
	Before, After Figures
	// Warnings are whole sentences.
	Warnings []string

	origin  []Death // what would happen in the first turn without the plan
	options Options
	now     time.Time
}

// Fewest reports whether it is proven that no plan makes fewer deletions.
func (p *Plan) Fewest() bool { return p.Deletions == p.LowerBound }

// Figures are what a distribution of deaths over the circle is judged by. Nodes
// of unknown start count in every window and have no gaps.
type Figures struct {
	// MaxInWindow is the most nodes that a window loses.
	MaxInWindow int
	// SmallestGap and LargestGap are those between deaths that follow each other;
	// both are one turn for a single node and zero for none.
	SmallestGap, LargestGap time.Duration
	// Most is the workload of which a window takes the largest part.
	Most Loss
}

// Loss is what a window takes of a workload's ready pods.
type Loss struct {
	Workload string // empty when there is none
	Lost     int    // pods
	Ready    int    // pods
}

// Share is the part lost, from 0 to 1.
func (l Loss) Share() float64 {
	if l.Ready == 0 {
		return 0
	}
	return float64(l.Lost) / float64(l.Ready)
}

// plan turns an arrangement into a schedule.
func (t *task) plan(a arrangement) Plan {
	p := Plan{
		LowerBound: a.bound,
		Window:     time.Duration(t.window), Max: t.max,
		Before: t.figures(t.eventsBefore(), t.period), After: a.figures,
		origin: Deaths(t.pool, t.options, t.now), options: t.options, now: t.now,
	}
	for _, m := range a.moves {
		if m.late {
			p.Steps = append(p.Steps, t.step(m.member, m.at, t.period, Reborn))
		} else {
			p.Steps = append(p.Steps, t.step(m.member, m.at, 0, Crowded))
		}
	}
	kept := slices.Clone(a.kept)
	slices.SortStableFunc(kept, func(a, b int) int { return cmp.Compare(t.members[a].deadline, t.members[b].deadline) })
	for _, k := range kept {
		p.Kept = append(p.Kept, t.name(t.members[k].node))
		if t.options.Mode == Rolling {
			p.Steps = append(p.Steps, t.step(k, t.members[k].at, 0, Due))
		}
	}
	for _, u := range t.unknown {
		p.Kept = append(p.Kept, t.name(u))
	}
	slices.SortStableFunc(p.Steps, func(a, b Step) int { return a.At.Compare(b.At) })
	p.Deletions = len(p.Steps)
	if late := a.late(); late > 0 {
		t.warnLate(late)
	}
	p.Warnings = append(t.warnings, a.warnings...)
	return p
}

// step is the replacement of a member whose drain ends at the given place;
// lived is by how much its VM is a later one than today's.
func (t *task) step(member int, at, lived int64, reason Reason) Step {
	m, end := t.members[member], t.time(at)
	next := end.Add(t.options.Period())
	return Step{
		Node: t.name(m.node), At: end.Add(-t.options.DrainTime),
		Deadline: t.time(m.deadline + lived), Next: next, Reason: reason,
	}
}

func (t *task) warnLate(late int) {
	change := "compress the plan"
	if t.options.Compress {
		change = "shorten the window or drain more nodes at once"
	}
	t.warn("%s will die before the turn to move comes, and move after that: to be earlier, %s.", count(late, "node"), change)
}
