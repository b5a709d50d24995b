package spread

import (
	"cmp"
	"slices"
	"strings"
)

// move gives a member a hole.
type move struct {
	member int
	at     int64 // the hole: when the drain ends
	late   bool  // after the member's death: its successor moves
}

const (
	// partners bounds the search for someone to swap with.
	partners = 64
	// squeezes bounds for how many a place of their own is looked for; where there
	// are more, a new layout is better.
	squeezes = 16
)

// match gives the holes to the members that move: in order of time, each to the
// one that dies first of those that are still alive, so that the most move
// before they die. The holes that are left go to the dead, by then reborn under
// the same name: no hole is left empty. Clashes are the moves for which the
// successor is not there in time.
func (t *task) match(l layout) (moves []move, clashes []int) {
	movers := t.movers(l)
	var dead []int
	for _, h := range l.holes {
		for len(movers) > 0 && t.members[movers[0]].deadline < h {
			dead, movers = append(dead, movers[0]), movers[1:]
		}
		if len(movers) > 0 {
			moves = append(moves, move{member: movers[0], at: h})
			movers = movers[1:]
			continue
		}
		if t.ready(dead[0]) > h {
			clashes = append(clashes, len(moves))
		}
		moves = append(moves, move{member: dead[0], at: h, late: true})
		dead = dead[1:]
	}
	return moves, clashes
}

// movers are the members that do not keep their places, by deadline.
func (t *task) movers(l layout) []int {
	kept := make([]bool, len(t.members))
	for _, k := range l.kept {
		kept[k] = true
	}
	var movers []int
	for i := range t.members {
		if !kept[i] {
			movers = append(movers, i)
		}
	}
	slices.SortFunc(movers, func(a, b int) int {
		x, y := t.members[a], t.members[b]
		return cmp.Or(cmp.Compare(x.deadline, y.deadline), strings.Compare(t.name(x.node), t.name(y.node)))
	})
	return movers
}

// ready is when a drain of a member's successor can be over.
func (t *task) ready(m int) int64 {
	return t.members[m].deadline + int64(t.options.Boot+t.options.DrainTime)
}

// squeeze settles clashes: with someone who had a hole before and can take this
// one, else in a place nearby. It returns those that are left.
func (t *task) squeeze(l layout, moves []move, clashes []int) (left []int) {
	for _, i := range clashes {
		if t.swapClash(moves, i) {
			continue
		}
		if at, ok := t.free(l, moves, i, t.rule); ok {
			moves[i].at = at
		} else {
			left = append(left, i)
		}
	}
	return left
}

func (t *task) swapClash(moves []move, i int) bool {
	for j := range min(i, partners) {
		a, b := &moves[j], &moves[i]
		if !a.late && a.at <= t.members[b.member].deadline && t.ready(a.member) <= b.at {
			a.member, b.member = b.member, a.member
			return true
		}
	}
	return false
}

// free is the first allowed place for the drain of the i-th move's successor
// that keeps r with all others.
func (t *task) free(l layout, moves []move, i int, r rule) (int64, bool) {
	others := layout{kept: l.kept}
	for j, m := range moves {
		if j != i {
			others.holes = append(others.holes, m.at)
		}
	}
	taken := t.places(others).at
	allowed := t.allowed.within(t.ready(moves[i].member), t.length)
	if len(taken) == 0 {
		return allowed.next(0)
	}
	s := sweep{rule: r, length: t.length, allowed: allowed, apart: t.drain, base: taken[0]}
	for _, x := range taken {
		s.kept = append(s.kept, x-s.base)
	}
	holes := s.place(1, 0)
	if len(holes) == 0 {
		return 0, false
	}
	return mod(holes[0]+s.base, t.length), true
}
