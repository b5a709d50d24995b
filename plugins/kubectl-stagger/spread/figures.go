package spread

import (
	"cmp"
	"slices"
	"time"
)

// event is a member's loss on the circle.
type event struct {
	at     int64
	member int
	move   int // index, or -1
}

func (t *task) eventsBefore() []event {
	events := make([]event, len(t.members))
	for i, m := range t.members {
		events[i] = event{mod(m.deadline, t.period), i, -1}
	}
	return sorted(events)
}

func (t *task) eventsAfter(l layout, moves []move) []event {
	events := make([]event, 0, len(t.members))
	for _, k := range l.kept {
		events = append(events, event{t.members[k].at, k, -1})
	}
	for i, m := range moves {
		events = append(events, event{m.at, m.member, i})
	}
	return sorted(events)
}

func sorted(events []event) []event {
	slices.SortFunc(events, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.member, b.member))
	})
	return events
}

func (t *task) figuresAfter(l layout, moves []move) Figures {
	return t.figures(t.eventsAfter(l, moves), t.length)
}

func (t *task) figures(events []event, length int64) Figures {
	var f Figures
	r := ring{length: length}
	for _, e := range events {
		r.at = append(r.at, e.at)
	}
	tally := newTally(t.weights)
	for _, u := range t.unknown {
		tally.add(u)
	}
	f.MaxInWindow = len(t.unknown)
	n, end := len(events), 0
	for i := range events {
		for ; end < i+n && (r.place(end)-r.place(i) < t.window || end == i); end++ {
			tally.add(t.members[events[end%n].member].node)
		}
		f.MaxInWindow = max(f.MaxInWindow, len(t.unknown)+end-i)
		tally.remove(t.members[events[i].member].node)
	}
	if n > 0 {
		f.LargestGap = time.Duration(r.gap(r.widest()))
		f.SmallestGap = f.LargestGap
		for i := range events {
			f.SmallestGap = min(f.SmallestGap, time.Duration(r.gap(i)))
		}
	}
	if tally.most.Replicas > 0 {
		w := t.pool.Workloads[tally.most.Workload]
		f.Most = Loss{w.Name, tally.most.Replicas, w.Ready}
	}
	return f
}
