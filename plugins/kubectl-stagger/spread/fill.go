package spread

import "slices"

// arc is a gap between two kept places, and the new ones in it.
type arc struct {
	from, length int64
	holes        int
}

// part is the length of the gaps in an arc.
func (a arc) part() int64 { return a.length / int64(a.holes+1) }

// arcs are a heap by the largest gap; of equals the first on the circle.
type arcs []arc

func (h arcs) before(a, b arc) bool {
	return a.part() > b.part() || a.part() == b.part() && a.from < b.from
}

func (h arcs) down(i int) {
	for {
		first := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h.before(h[child], h[first]) {
				first = child
			}
		}
		if first == i {
			return
		}
		h[i], h[first] = h[first], h[i]
		i = first
	}
}

// fill puts holes into the largest gaps, equally spaced, so that the largest gap
// that is left is the smallest possible.
//
// With N places in the end, the largest gap before each is at least length/N, so
// what it is split into is at least length/2N: each hole is that far from
// everything, and no window of that length holds more than before.
func fill(kept []int64, length int64, holes int) []int64 {
	if holes == 0 {
		return nil
	}
	if len(kept) == 0 { // the first hole is at the origin
		return append([]int64{0}, fill([]int64{0}, length, holes-1)...)
	}
	r := ring{length, kept}
	h := make(arcs, len(kept))
	for i := range kept {
		h[i] = arc{from: kept[i], length: r.gap(i)}
	}
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
	for range holes {
		h[0].holes++
		h.down(0)
	}
	places := make([]int64, 0, holes)
	for _, a := range h {
		for i := 1; i <= a.holes; i++ {
			places = append(places, mod(a.from+part(a.length, i, a.holes+1), length))
		}
	}
	slices.Sort(places)
	return places
}
