package spread

import (
	"math/rand/v2"
	"testing"
	"time"
)

// For max = 1 a set of kept places is enough when the gaps between them hold the
// others: all sets are tried.
func TestFewestForOnePerWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		n := 1 + r.IntN(9)
		pool := aged(randomAges(r, n, 24*time.Hour)...)
		o := Options{DrainTime: 1, Boot: 2 * time.Minute, Concurrency: 1000}
		p, err := Schedule(pool, o, noon)
		if err != nil {
			t.Fatal(err)
		}
		verify(t, pool, o, noon, p)
		want := n - mostKept(newTask(pool, o.WithDefaults(), noon), int64(p.Window))
		if p.Deletions != want || !p.Fewest() {
			t.Errorf("%d deletions, bound %d, want %d", p.Deletions, p.LowerBound, want)
		}
		if p.After.SmallestGap < p.Window && n > 1 {
			t.Errorf("a gap of %v, window %v", p.After.SmallestGap, p.Window)
		}
		if t.Failed() {
			t.Fatalf("%+v", pool.Nodes)
		}
	}
}

// mostKept tries all subsets.
func mostKept(t *task, window int64) int {
	n, most := len(t.members), 0
	for set := range 1 << n {
		var kept []int64
		for i := range n {
			if set>>i&1 == 1 {
				kept = append(kept, t.members[i].at)
			}
		}
		if len(kept) <= most {
			continue
		}
		r, room, ok := ring{t.length, kept}, int64(0), true
		for i := range kept {
			ok = ok && (len(kept) == 1 || r.gap(i) >= window)
			room += r.gap(i) / window
		}
		if ok && room >= int64(n) {
			most = len(kept)
		}
	}
	return most
}

// tiny is a circle of a few places, on which all layouts can be tried.
type tiny struct {
	natural []int  // deaths at each place
	allowed []bool // drains may end there
	n       int    // nodes
	max     int
	window  int // places
	left    []int
	count   []int // of the layout that is tried
	best    int   // most kept
}

// most returns how many of the nodes can be kept, -1 when there is no layout. Two
// drains never end at the same place.
func (y *tiny) most() int {
	y.best, y.count = -1, make([]int, len(y.natural))
	y.left = make([]int, len(y.natural)+1) // natural deaths from a place on
	for i := len(y.natural) - 1; i >= 0; i-- {
		y.left[i] = y.left[i+1] + y.natural[i]
	}
	y.try(0, 0, 0)
	return y.best
}

func (y *tiny) try(place, placed, kept int) {
	if kept+y.left[place] <= y.best || placed > y.n {
		return
	}
	if place == len(y.natural) {
		if placed == y.n && y.wraps() {
			y.best = kept
		}
		return
	}
	before := 0
	for i := max(0, place-y.window+1); i < place; i++ {
		before += y.count[i]
	}
	for keep := min(y.natural[place], y.max-before); keep >= 0; keep-- {
		for hole := 0; hole <= 1 && before+keep+hole <= y.max; hole++ {
			if hole == 1 && !y.allowed[place] {
				continue
			}
			y.count[place] = keep + hole
			y.try(place+1, placed+keep+hole, kept+keep)
		}
	}
	y.count[place] = 0
}

func (y *tiny) wraps() bool {
	n := len(y.count)
	for from := n - y.window + 1; from < n; from++ {
		sum := 0
		for i := from; i < from+y.window; i++ {
			sum += y.count[i%n]
		}
		if sum > y.max {
			return false
		}
	}
	return true
}

const places = 24

// randomTiny is a pool whose deaths lie on whole hours of a circle of 24 h, and
// the options that go with it.
func randomTiny(r *rand.Rand) (Pool, Options, *tiny) {
	o := Options{Life: 23*time.Hour + 30*time.Minute, Boot: 30 * time.Minute, DrainTime: 30 * time.Minute, Max: 1 + r.IntN(3)}
	n := 2 + r.IntN(7)
	y := &tiny{natural: make([]int, places), allowed: make([]bool, places), n: n, max: o.Max, window: 1 + r.IntN(places*o.Max/n)}
	y.window = min(y.window, places-1)
	o.Window = time.Duration(y.window) * time.Hour
	bunch, wide := r.IntN(places), []int{1, 2, 4, places}[r.IntN(4)]
	ages := make([]time.Duration, n)
	for i := range ages {
		at := (bunch + r.IntN(wide)) % places
		if r.IntN(4) == 0 {
			at = r.IntN(places)
		}
		if at == places-1 { // would be born between two lives
			at = 0
		}
		y.natural[at]++
		ages[i] = o.Life - o.DrainTime - time.Duration(at)*time.Hour
	}
	for i := range y.allowed {
		y.allowed[i] = true
	}
	return aged(ages...), o, y
}

// What a plan calls the bound is one, and for windows up to max/2N of a turn it
// is reached; beyond, and with hours, most plans are the best there is.
func TestFewestOnATinyCircle(t *testing.T) {
	for _, test := range []struct {
		name    string
		hours   bool
		rounds  int
		atLeast float64 // part of the plans that are the best there is
	}{{"any time", false, 1200, 0.95}, {"hours", true, 800, 0.9}} {
		t.Run(test.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, 8))
			tried, best, extra, none := 0, 0, 0, 0
			for range test.rounds {
				pool, o, y := randomTiny(r)
				if test.hours {
					from, to := 1+r.IntN(10), 12+r.IntN(10)
					// Drains end from half an hour after the hour; half an hour more
					// makes the last one end on the hour.
					o.Hours.Spans = []Span{{time.Duration(12+from) * time.Hour % day, (time.Duration(12+to)*time.Hour + 31*time.Minute) % day}}
					for i := range y.allowed {
						y.allowed[i] = i >= from && i <= to
					}
				}
				most := y.most()
				p, err := Schedule(pool, o, noon)
				if (err != nil) != (most < 0) {
					none++
				}
				if err != nil {
					continue
				}
				verify(t, pool, o, noon, p)
				tried++
				want := y.n - most
				switch {
				case p.LowerBound > want && most >= 0, p.Deletions < want && !squeezed(p):
					t.Errorf("%d deletions and a bound of %d, but %d is the best", p.Deletions, p.LowerBound, want)
				case p.Deletions == want:
					best++
				case !test.hours && 2*y.n*y.window <= places*y.max:
					t.Errorf("%d deletions, but %d is the best", p.Deletions, want)
				default:
					extra += p.Deletions - want
				}
				if t.Failed() {
					t.Fatalf("deaths %v, %+v", y.natural, o)
				}
			}
			t.Logf("%d tried, %d the best, %d deletions too many in all, %d with a plan where there is none or the reverse", tried, best, extra, none)
			if float64(best) < test.atLeast*float64(tried) {
				t.Error("too many plans are not the best")
			}
		})
	}
}
