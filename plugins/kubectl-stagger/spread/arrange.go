package spread

import "fmt"

// relayouts bounds how often a layout is made anew around clashes.
const relayouts = 4

// arrangement is a layout, and who goes where.
type arrangement struct {
	layout
	moves    []move
	figures  Figures
	warnings []string
	stuck    int // moves for which there is no place at all
}

func (a arrangement) late() int {
	n := 0
	for _, m := range a.moves {
		if m.late {
			n++
		}
	}
	return n
}

// arrange matches a layout. When ties were settled in favour of workloads, that
// must neither let more nodes die before their turn nor be in vain.
func (t *task) arrange(l layout) arrangement {
	a := t.settle(l)
	if !l.tied {
		return a
	}
	l, ok := t.find(false)
	if !ok {
		return a
	}
	l.bound = a.bound
	b := t.settle(l)
	if b.stuck != a.stuck {
		if b.stuck < a.stuck {
			return b
		}
		return a
	}
	if b.late() < a.late() || b.late() == a.late() && b.figures.Most.Share() < a.figures.Most.Share() {
		return b
	}
	return a
}

// settle matches a layout. Where a hole lies in the minutes in which all who
// could take it are being reborn, no drains may end there, and the layout is made
// anew.
func (t *task) settle(l layout) arrangement {
	allowed := t.allowed
	defer func() { t.allowed = allowed }()
	for range relayouts {
		moves, clashes := t.match(l)
		if len(clashes) <= squeezes {
			clashes = t.squeeze(l, moves, clashes)
		}
		if len(clashes) == 0 {
			return t.arranged(l, moves)
		}
		var busy spans
		for _, i := range clashes {
			m := moves[i].member
			busy = append(busy, span{t.members[m].deadline + 1, t.ready(m)})
		}
		t.allowed = t.allowed.without(busy.union())
		next, ok := t.find(l.tied)
		if !ok {
			break
		}
		next.bound = l.bound
		l = next
	}
	moves, clashes := t.match(l)
	return t.squash(l, moves, t.squeeze(l, moves, clashes))
}

// squash puts clashes where drains are far enough from each other, if not from
// what else is lost.
func (t *task) squash(l layout, moves []move, clashes []int) arrangement {
	var warnings []string
	stuck := 0
	for _, i := range clashes {
		at, ok := t.free(l, moves, i, rule{max: len(t.members), drain: t.drain})
		if !ok {
			stuck++
			continue
		}
		moves[i].at = at
		warnings = append(warnings, fmt.Sprintf("Node %s is moved nearer to others than the window allows, as it starts anew just when its turn comes.", t.name(t.members[moves[i].member].node)))
	}
	a := t.arranged(l, moves)
	a.warnings, a.stuck = warnings, stuck
	return a
}

func (t *task) arranged(l layout, moves []move) arrangement {
	figures := t.swapTies(l, moves)
	return arrangement{layout: l, moves: moves, figures: figures}
}
