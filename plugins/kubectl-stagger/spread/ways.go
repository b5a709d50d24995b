package spread

import (
	"cmp"
	"slices"
)

func (t *task) ats(kept []int) []int64 {
	places := make([]int64, len(kept))
	for i, k := range kept {
		places[i] = t.members[k].at
	}
	return places
}

func (t *task) fill(kept []int) layout {
	return layout{kept: kept, holes: fill(t.ats(kept), t.length, len(t.members)-len(kept))}
}

func (t *task) sweep(kept []int, allowed spans) layout {
	s := sweep{rule: t.rule, length: t.length, allowed: allowed, apart: t.apart()}
	if len(kept) > 0 {
		s.base = t.members[kept[0]].at
	}
	for _, x := range t.ats(kept) {
		s.kept = append(s.kept, x-s.base)
	}
	holes, _ := s.search(len(t.members) - len(kept))
	return layout{kept: kept, holes: holes}
}

// outside are those whose places no drain could take.
func (t *task) outside(keepers []int) []int {
	return slices.DeleteFunc(slices.Clone(keepers), func(k int) bool {
		at := t.members[k].at
		next, ok := t.allowed.next(at)
		return ok && next == at
	})
}

// beforeDeaths is the allowed time before the first of those that move dies.
func (t *task) beforeDeaths(kept []int) spans {
	first := t.length
	for i, m := range t.members {
		if _, stays := slices.BinarySearch(kept, i); !stays {
			first = min(first, m.deadline+1)
		}
	}
	return t.allowed.within(0, first)
}

// foldedRing is the keepers on a circle of allowed times only, and who is who.
func (t *task) foldedRing(keepers []int) (ring, folded, []int) {
	f := t.allowed.fold()
	order := slices.Clone(keepers)
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(f.in(t.members[a].at), f.in(t.members[b].at))
	})
	r := ring{length: t.allowed.total()}
	for _, k := range order {
		r.at = append(r.at, f.in(t.members[k].at))
	}
	return r, f, order
}

// fillFolded retains and fills on the circle of allowed times, where distances
// are at most what they are on the whole one.
func (t *task) fillFolded(keepers []int) layout {
	r, f, order := t.foldedRing(keepers)
	if r.length == 0 {
		return layout{}
	}
	places := r.retain(t.max, t.window, t.apart()).places
	kept := make([]int64, len(places))
	for i, p := range places {
		kept[i] = r.at[p]
	}
	slices.Sort(kept)
	l := layout{kept: pick(order, places)}
	for _, h := range fill(kept, r.length, len(t.members)-len(kept)) {
		l.holes = append(l.holes, f.out(h))
	}
	return l
}

func (t *task) grid(keepers []int) layout {
	r, f, order := t.foldedRing(keepers)
	g, ok := newGrid(t.rule, r.length, len(t.members), t.apart(), t.options.Even)
	if !ok {
		return layout{}
	}
	turn := g.turn(r.at)
	var l layout
	for slot, p := range g.keep(r.at, turn, func(a, b int) bool {
		return t.weights.alone(t.members[order[a]].node) > t.weights.alone(t.members[order[b]].node)
	}) {
		if p < 0 {
			l.holes = append(l.holes, f.out(mod(turn+g.slot(slot), r.length)))
		} else {
			l.kept = append(l.kept, order[p])
		}
	}
	slices.Sort(l.kept)
	slices.Sort(l.holes)
	return l
}
