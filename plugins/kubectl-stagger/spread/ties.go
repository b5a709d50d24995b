package spread

import "slices"

const (
	// alternatives bounds how many nodes are looked at for one place.
	alternatives = 8
	// maxReach bounds how many neighbours on either side are looked at.
	maxReach = 4
)

// reach is how many neighbours on either side share a window with a node, and
// one even where windows hold one node: with a workload that is slow to come
// back, deaths that follow each other count.
func (t *task) reach() int { return min(max(t.max-1, 1), maxReach) }

// settleTies returns a set as large as the given one, which keeps the rule as
// well, and in which nodes that carry the same workloads are kept less near to
// each other; of equals, those are kept whose move would hurt a workload most.
func (t *task) settleTies(kept []int) []int {
	if len(t.pool.Workloads) == 0 || len(kept) == 0 {
		return kept
	}
	set := slices.Clone(kept)
	for i := len(set) - 1; i >= 0; i-- {
		best, bestAt := set[i], i
		now := t.crowd(set, i, best)
		for c := set[i] + 1; c < min(len(t.members), set[i]+1+alternatives); c++ {
			place, taken := slices.BinarySearch(set, c)
			if taken || t.members[c].fixed {
				continue
			}
			place-- // its index when the i-th is gone
			replace(set, i, place, c)
			then := t.crowd(set, place, c)
			if (then < now || then == now && t.heavier(c, best)) && t.fits(set, i, place) {
				best, bestAt, now = c, place, then
			}
			replace(set, place, i, kept[i])
		}
		replace(set, i, bestAt, best)
	}
	return set
}

// replace takes the i-th of a set out and puts c in as the j-th.
func replace(set []int, i, j, c int) {
	if i < j {
		copy(set[i:], set[i+1:j+1])
	} else {
		copy(set[j+1:], set[j:i])
	}
	set[j] = c
}

func (t *task) heavier(a, b int) bool {
	return t.weights.alone(t.members[a].node) > t.weights.alone(t.members[b].node)
}

// fits reports whether the rule is kept by the places from the i-th to the j-th
// of a set, and those around them.
func (t *task) fits(set []int, i, j int) bool {
	m := len(set)
	place := func(i int) int64 {
		i += m
		return t.members[set[i%m]].at + int64(i/m)*t.length
	}
	for x := max(i-t.max, i-m+1); x <= j; x++ {
		if m > 1 && place(x+1)-place(x) < t.apart() || m > t.max && place(x+t.max)-place(x) < t.window {
			return false
		}
	}
	return true
}

// crowd is how much of a workload a member and its neighbours in a set carry.
func (t *task) crowd(set []int, i, member int) float64 {
	sum, node := 0.0, t.members[member].node
	for d := 1; d <= t.reach() && 2*d <= len(set); d++ {
		for _, j := range [2]int{i - d, i + d} {
			part := t.weights.together(node, t.members[set[(j+len(set))%len(set)]].node)
			sum += part * part
		}
	}
	return sum
}

// swapTies exchanges holes between moves that follow each other, where both are
// as early or late as before, so that nodes that carry the same workloads come
// to lie less near to each other. The swaps are undone when a window came to
// take more of a workload than before. It returns the figures of the result.
func (t *task) swapTies(l layout, moves []move) Figures {
	was := t.figuresAfter(l, moves)
	if len(t.pool.Workloads) == 0 || len(moves) == 0 {
		return was
	}
	before := slices.Clone(moves)
	line, where := t.line(l, moves)
	for i := range moves {
		a := where[i]
		mine := t.crowd(line, a, line[a])
		for j := max(0, i-alternatives); mine > 0 && j < min(len(moves), i+1+alternatives); j++ {
			if j == i || !t.canSwap(moves[i], moves[j]) {
				continue
			}
			b := where[j]
			was := mine + t.crowd(line, b, line[b])
			line[a], line[b] = line[b], line[a]
			now := t.crowd(line, a, line[a])
			if now+t.crowd(line, b, line[b]) < was-1e-9 {
				moves[i].member, moves[j].member, mine = moves[j].member, moves[i].member, now
			} else {
				line[a], line[b] = line[b], line[a]
			}
		}
	}
	if slices.Equal(moves, before) {
		return was
	}
	now := t.figuresAfter(l, moves)
	if now.Most.Share() > was.Most.Share() {
		copy(moves, before)
		return was
	}
	return now
}

// canSwap reports whether both members would be as early or late as before.
func (t *task) canSwap(a, b move) bool { return t.suits(a.member, b) && t.suits(b.member, a) }

func (t *task) suits(member int, m move) bool {
	if m.late {
		return t.ready(member) <= m.at
	}
	return m.at <= t.members[member].deadline
}

// line is all members in the order in which they are lost after the moves, and
// where in it each move is.
func (t *task) line(l layout, moves []move) (line, where []int) {
	where = make([]int, len(moves))
	events := t.eventsAfter(l, moves)
	line = make([]int, len(events))
	for i, e := range events {
		line[i] = e.member
		if e.move >= 0 {
			where[e.move] = i
		}
	}
	return line, where
}
