package spread

// moreCuts bounds how many cuts are tried where one does not prove the result.
const moreCuts = 32

// ring is places on a circle, in order; who holds them is the caller's business.
type ring struct {
	length int64
	at     []int64
}

// place is the i-th place in the order of the circle, i up to twice round.
func (r ring) place(i int) int64 {
	n := len(r.at)
	return r.at[i%n] + int64(i/n)*r.length
}

// gap is the distance from the i-th place to the next.
func (r ring) gap(i int) int64 { return r.place(i+1) - r.place(i) }

// widest returns the place that is followed by the largest gap.
func (r ring) widest() int {
	best := 0
	for i := range r.at {
		if r.gap(i) > r.gap(best) {
			best = i
		}
	}
	return best
}

// spaced reports whether no window that is open at one end holds more than most.
func (r ring) spaced(most int, window int64) bool {
	if len(r.at) <= most {
		return true
	}
	for i := range r.at {
		if r.place(i+most)-r.place(i) < window {
			return false
		}
	}
	return true
}

// retained is the largest set of places found that keep a rule.
type retained struct {
	places []int // in order of the circle, from the cut
	most   int   // no set that keeps the rule is larger
}

// retain finds the largest set of places of which no window holds more than max,
// and which are at least apart from each other.
//
// From a cut on, a place is taken when the max-th last taken one is a window
// away: on a line that is the optimum, and an upper bound for the circle. Where
// the cut lies in a gap of a window's length, the circle is as good as a line.
// There is such a gap when window <= length/N, as there always is for max = 1.
func (r ring) retain(max int, window, apart int64) retained {
	if len(r.at) == 0 {
		return retained{}
	}
	widest := r.widest()
	best := r.retainFrom(widest+1, max, window, apart)
	if len(best.places) == best.most {
		return best
	}
	step := len(r.at)/moreCuts + 1
	for cut := 0; cut < len(r.at); cut += step {
		next := r.retainFrom(widest+1+cut, max, window, apart)
		next.most = min(next.most, best.most)
		if best.most = next.most; len(next.places) > len(best.places) {
			best = next
		}
	}
	return best
}

func (r ring) retainFrom(cut, max int, window, apart int64) retained {
	n := len(r.at)
	cut %= n
	var taken []int // counted on from the cut, beyond n
	for i := cut; i < cut+n; i++ {
		x, m := r.place(i), len(taken)
		if m >= max && x-r.place(taken[m-max]) < window || m > 0 && x-r.place(taken[m-1]) < apart {
			continue
		}
		taken = append(taken, i)
	}
	most := len(taken)
	for !r.closes(taken, max, window, apart) {
		taken = taken[:len(taken)-1]
	}
	places := make([]int, len(taken))
	for i, p := range taken {
		places[i] = p % n
	}
	return retained{places, most}
}

// closes reports whether the taken places keep the rule over the cut as well.
func (r ring) closes(taken []int, max int, window, apart int64) bool {
	m := len(taken)
	if m < 2 {
		return true
	}
	if r.place(taken[0])+r.length-r.place(taken[m-1]) < apart {
		return false
	}
	for i := 0; i < max && m > max; i++ { // from the max-th last to the first of the next turn
		if r.place(taken[i])+r.length-r.place(taken[m-max+i]) < window {
			return false
		}
	}
	return true
}
