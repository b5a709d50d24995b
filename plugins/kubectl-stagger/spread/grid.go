package spread

import (
	"cmp"
	"slices"
)

// grid is N equal slots round a circle; a node whose place is near a slot keeps
// it, one per slot, and the holes are the slots that nobody keeps.
type grid struct {
	rule
	length int64
	slots  int
	near   int64 // how far from its slot a kept node may be
}

// newGrid returns the grid that keeps r and has any two places apart; even bounds
// the largest gap to one and a half slots. There is none when the slots are too
// close to each other.
func newGrid(r rule, length int64, slots int, apart int64, even bool) (grid, bool) {
	if length < int64(slots) {
		return grid{}, false
	}
	slot := length / int64(slots)
	near := min(slot, slot-apart) / 2
	if even {
		near = min(near, slot/4)
	}
	if r.max <= slots {
		near = min(near, (part(length, r.max, slots)-r.window)/2)
	}
	return grid{rule: r, length: length, slots: slots, near: near}, near >= 0
}

// slot is where a slot lies, counted from the turning of the grid.
func (g grid) slot(i int) int64 { return part(g.length, i, g.slots) }

// before is the slot at or before a place.
func (g grid) before(x int64) int {
	i := min(int(x/(g.length/int64(g.slots))), g.slots-1)
	for g.slot(i) > x {
		i--
	}
	return i
}

// turnEvent is where, as the grid turns, a place comes near a slot or leaves it.
type turnEvent struct {
	at   int64
	slot int
	by   int // +1 or -1
}

// turn returns how far to turn the grid so that the most slots have a place near.
func (g grid) turn(places []int64) int64 {
	slot := g.length / int64(g.slots)
	events := make([]turnEvent, 0, 3*len(places))
	for _, x := range places {
		i := g.before(x)
		for shift := -1; shift <= 1; shift++ { // the slot itself, that behind and that before it
			middle := x - g.slot(i) + int64(shift)*slot
			from, to := max(0, middle-g.near), min(slot-1, middle+g.near)
			if from <= to {
				s := (i - shift + g.slots) % g.slots
				events = append(events, turnEvent{from, s, 1}, turnEvent{to, s, -1})
			}
		}
	}
	slices.SortFunc(events, func(a, b turnEvent) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(b.by, a.by), cmp.Compare(a.slot, b.slot))
	})
	var (
		near      = make([]int, g.slots) // places near each slot
		hit, most int
		best      int64
	)
	for _, e := range events {
		switch near[e.slot] += e.by; {
		case e.by > 0 && near[e.slot] == 1:
			hit++
		case e.by < 0 && near[e.slot] == 0:
			hit--
		}
		if hit > most {
			most, best = hit, e.at
		}
	}
	return best
}

// keep returns for each slot which place keeps it, -1 for none, with the grid
// turned by turn; better says which of two places, in the given order, is to
// keep a slot that both are near.
func (g grid) keep(places []int64, turn int64, better func(a, b int) bool) []int {
	keeper := make([]int, g.slots)
	for i := range keeper {
		keeper[i] = -1
	}
	for p, x := range places {
		x = mod(x-turn, g.length)
		i := g.before(x)
		off := x - g.slot(i)
		if next := g.slot(i+1) - x; next < off {
			i, off = (i+1)%g.slots, next
		}
		if off <= g.near && (keeper[i] < 0 || better(p, keeper[i])) {
			keeper[i] = p
		}
	}
	return keeper
}
