package spread

import (
	"math"
	"slices"
	"time"
)

// sweep puts holes between kept places where fill cannot: into allowed times
// only, or where windows are long. It goes round once and puts each hole as
// early as the rule and a pace allow; the slowest pace for which all find a
// place is the most even.
type sweep struct {
	rule
	length  int64
	kept    []int64 // from 0, in order; at least one
	base    int64   // where 0 is on the circle
	allowed spans   // on the circle
	apart   int64   // from kept places, which are drained as well in a rolling plan
}

// pacings bounds the search for the pace: each halves the error.
const pacings = 24

// search returns holes on the circle, in order; false when not all find a place.
func (s *sweep) search(holes int) ([]int64, bool) {
	if len(s.kept) == 0 {
		return nil, false
	}
	best := s.place(holes, 0)
	if len(best) < holes {
		return nil, false
	}
	low, high := int64(0), s.length/int64(max(holes, 1))+1
	for i := 0; i < pacings && high-low > 1; i++ {
		pace := low + (high-low)/2
		if placed := s.place(holes, pace); len(placed) == holes {
			best, low = placed, pace
		} else {
			high = pace
		}
	}
	if second := int64(time.Second); low > second { // for times that people can read
		if placed := s.place(holes, low-low%second); len(placed) == holes {
			best = placed
		}
	}
	for i := range best {
		best[i] = mod(best[i]+s.base, s.length)
	}
	slices.Sort(best)
	return best, true
}

// round is one way round at a pace.
type round struct {
	*sweep
	pace  int64
	all   []int64 // the places so far, kept and new
	holes []int64
	next  int // the next kept place
}

func (s *sweep) place(holes int, pace int64) []int64 {
	g := &round{sweep: s, pace: pace}
	for g.next < len(s.kept) {
		g.all = append(g.all, s.kept[g.next])
		g.next++
		for len(g.holes) < holes && g.add() {
		}
	}
	return g.holes
}

// add puts one hole before the next kept place, if there is room.
func (g *round) add() bool {
	// A window with the hole inside holds one more from now on.
	for i := 1; i < g.max; i++ {
		if g.ahead(i)-g.behind(g.max-i) < g.window {
			return false
		}
	}
	apart := max(g.pace, g.apart)
	x := max(g.behind(1)+apart, g.behind(g.max)+g.window)
	last := g.ahead(1) - apart
	if n := len(g.holes); n > 0 {
		drain := max(g.pace, g.drain)
		x = max(x, g.holes[n-1]+drain)
		last = min(last, g.holes[0]+g.length-drain)
	}
	x, ok := g.nextAllowed(x)
	if !ok || x > min(last, g.ahead(g.max)-g.window) {
		return false
	}
	g.all, g.holes = append(g.all, x), append(g.holes, x)
	return true
}

const far = math.MaxInt64 / 4

// behind is the i-th last place, from 1; before the first, the kept ones of the
// turn before, as holes there look ahead for themselves.
func (g *round) behind(i int) int64 {
	if i <= len(g.all) {
		return g.all[len(g.all)-i]
	}
	if i -= len(g.all); i <= len(g.kept) && g.next+i <= len(g.kept) {
		return g.kept[len(g.kept)-i] - g.length
	}
	return -far
}

// ahead is the i-th place to come, from 1, of those that are known.
func (g *round) ahead(i int) int64 {
	if left := len(g.kept) - g.next; i <= left {
		return g.kept[g.next+i-1]
	} else if i -= left; i <= len(g.all) {
		return g.all[i-1] + g.length
	}
	return far
}

func (g *round) nextAllowed(x int64) (int64, bool) {
	if x >= g.length {
		return 0, false
	}
	on := g.base + x
	turn := on - mod(on, g.length)
	if next, ok := g.allowed.next(on - turn); ok {
		return next + turn - g.base, true
	}
	if len(g.allowed) == 0 {
		return 0, false
	}
	return g.allowed[0].from + turn + g.length - g.base, true
}
