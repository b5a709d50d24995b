package spread

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// randomPlaces are some places on a circle, often near each other.
func randomPlaces(r *rand.Rand, n int, length int64) []int64 {
	places := make([]int64, n)
	wide := length >> r.IntN(4)
	for i := range places {
		places[i] = r.Int64N(wide)
	}
	slices.Sort(places)
	return places
}

// The set keeps the rule, and none that keeps it is larger than most.
func TestRetain(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	proven := 0
	const rounds = 2000
	for range rounds {
		places := ring{100, randomPlaces(r, 1+r.IntN(9), 100)}
		most, window, apart := 1+r.IntN(3), r.Int64N(80), r.Int64N(3)*r.Int64N(10)
		got := places.retain(most, window, apart)
		taken := ring{length: 100}
		for _, p := range got.places {
			taken.at = append(taken.at, places.at[p])
		}
		slices.Sort(taken.at)
		if !taken.spaced(most, window) || !taken.spaced(1, apart) {
			t.Fatalf("%v of %v: max %d, window %d, apart %d", taken.at, places.at, most, window, apart)
		}
		best := 0
		for set := range 1 << len(places.at) {
			some := ring{length: 100}
			for i, x := range places.at {
				if set>>i&1 == 1 {
					some.at = append(some.at, x)
				}
			}
			if some.spaced(most, window) && some.spaced(1, apart) {
				best = max(best, len(some.at))
			}
		}
		if got.most < best || len(got.places) > best {
			t.Fatalf("%d of %v, at most %d, but the best is %d", len(got.places), places.at, got.most, best)
		}
		if len(got.places) == best {
			proven++
		} else if places.gap(places.widest()) >= max(window, apart) {
			t.Fatalf("%d of %v, but the best is %d", len(got.places), places.at, best)
		}
	}
	if proven < rounds*95/100 {
		t.Errorf("%d of %d are the best", proven, rounds)
	}
}

// Each hole goes where the gap is largest, and no two are nearer than half of it.
func TestFill(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for range 2000 {
		const length = 1_000_000
		kept := slices.Compact(randomPlaces(r, 1+r.IntN(20), length))
		holes := r.IntN(40)
		parts := make([]int64, len(kept)) // the slow way
		whole := ring{length, kept}
		for i := range parts {
			parts[i] = 1
		}
		part := func(i int) int64 { return whole.gap(i) / parts[i] }
		largest := func() int {
			best := 0
			for i := range parts {
				if part(i) > part(best) {
					best = i
				}
			}
			return best
		}
		for range holes {
			parts[largest()]++
		}
		all := ring{length, slices.Sorted(slices.Values(append(slices.Clone(kept), fill(kept, length, holes)...)))}
		if got, want := all.gap(all.widest()), part(largest()); len(all.at) != len(kept)+holes || got > want+1 {
			t.Fatalf("a gap of %d, want %d: %v with %d holes", got, want, kept, holes)
		}
	}
}

// What sweep returns keeps the rule without being checked again.
func TestSweep(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	found := 0
	for range 4000 {
		const length = 1000
		s := sweep{rule: rule{1 + r.IntN(4), 1 + r.Int64N(200), 1 + r.Int64N(40)}, length: length, apart: r.Int64N(2) * r.Int64N(20)}
		whole := ring{length, randomPlaces(r, 1+r.IntN(10), length)}
		kept := ring{length: length}
		for _, p := range whole.retain(s.max, s.window, s.apart).places {
			kept.at = append(kept.at, whole.at[p])
		}
		slices.Sort(kept.at)
		s.base = kept.at[0]
		for _, x := range kept.at {
			s.kept = append(s.kept, x-s.base)
		}
		a, b := r.Int64N(length), r.Int64N(length)
		s.allowed = spans{{0, length}}.without(spans{{min(a, b), max(a, b)}})
		n := 1 + r.IntN(10)
		holes, ok := s.search(n)
		if !ok {
			continue
		}
		found++
		all := ring{length, slices.Sorted(slices.Values(append(slices.Clone(kept.at), holes...)))}
		if len(holes) != n || !all.spaced(s.max, s.window) || !(ring{length, holes}).spaced(1, s.drain) || s.apart > 0 && !all.spaced(1, min(s.apart, s.drain)) {
			t.Fatalf("holes %v between %v: %+v", holes, kept.at, s)
		}
		for _, h := range holes {
			if next, ok := s.allowed.next(h); !ok || next != h {
				t.Fatalf("%d is not in %v", h, s.allowed)
			}
		}
	}
	if found < 1000 {
		t.Errorf("only %d found", found)
	}
}

// Settled ties are as many and keep the rule.
func TestSettledTiesKeepTheRule(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	changed := 0
	for range 3000 {
		n := 2 + r.IntN(40)
		pool := aged(randomAges(r, n, 24*time.Hour)...)
		fewReplicas(r, &pool)
		o := Options{Max: 1 + r.IntN(4), Mode: Mode(r.IntN(2))}.WithDefaults()
		task := newTask(pool, o, noon)
		task.window = r.Int64N(int64(20 * time.Hour))
		kept := task.retain(task.keepers(), task.window)
		settled := task.settleTies(kept)
		places := ring{task.length, task.ats(settled)}
		if len(settled) != len(kept) || !slices.IsSorted(settled) || len(slices.Compact(slices.Clone(settled))) != len(kept) ||
			!places.spaced(task.max, task.window) || !places.spaced(1, task.apart()) {
			t.Fatalf("%v for %v: %v, window %v", settled, kept, places.at, time.Duration(task.window))
		}
		for _, k := range settled {
			if task.members[k].fixed {
				t.Fatalf("%d may not be kept", k)
			}
		}
		if !slices.Equal(settled, kept) {
			changed++
		}
	}
	if changed < 300 {
		t.Errorf("only %d changed", changed)
	}
}

func TestEvenGaps(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for range 2000 {
		n := 2 + r.IntN(60)
		pool, o := aged(randomAges(r, n, 24*time.Hour)...), Options{Even: true, Max: 1 + r.IntN(2)}
		o.Window = time.Duration(r.Int64N(int64(12*time.Hour) / int64(n)))
		p, err := Schedule(pool, o, noon)
		if err != nil {
			t.Fatal(err)
		}
		verify(t, pool, o, noon, p)
		if mean := o.Period() / time.Duration(n); !squeezed(p) && (p.After.LargestGap > mean*3/2+10 || o.Max == 1 && p.After.SmallestGap < p.Window) {
			t.Fatalf("%d nodes: gaps from %v to %v", n, p.After.SmallestGap, p.After.LargestGap)
		}
	}
}

func TestFold(t *testing.T) {
	allowed := spans{{10, 20}, {30, 50}, {90, 100}}
	f := allowed.fold()
	for _, test := range []struct{ in, folded int64 }{{0, 0}, {10, 0}, {19, 9}, {20, 10}, {29, 10}, {30, 10}, {49, 29}, {70, 30}, {95, 35}, {99, 39}, {100, 0}} {
		if got := f.in(test.in); got != test.folded {
			t.Errorf("%d becomes %d, want %d", test.in, got, test.folded)
		}
	}
	for x := range allowed.total() {
		if back := f.in(f.out(x)); back != x {
			t.Errorf("%d comes back as %d", x, back)
		}
	}
	if got := allowed.without(spans{{0, 12}, {15, 35}, {40, 41}}); !slices.Equal(got, spans{{12, 15}, {35, 40}, {41, 50}, {90, 100}}) {
		t.Errorf("%v", got)
	}
}
