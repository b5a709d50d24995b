package spread

import (
	"math/rand/v2"
	"testing"
	"time"
)

// A look gives the figures that a plan gives as those of before.
func TestLookIsAsBefore(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	for range 200 {
		n := 1 + r.IntN(30)
		pool := aged(randomAges(r, n, 24*time.Hour)...)
		randomWorkloads(r, &pool, 3, 2)
		p, err := Schedule(pool, Options{}, noon)
		if err != nil {
			t.Fatal(err)
		}
		window, figures, err := Look(pool, Options{}, noon)
		if err != nil || window != p.Window || figures != p.Before {
			t.Fatalf("%v, %+v, %v; the plan says %v, %+v", window, figures, err, p.Window, p.Before)
		}
	}
}

// A pool that no plan could spread can be looked at all the same.
func TestLookAtManyNodes(t *testing.T) {
	pool := same(3000, time.Hour)
	if _, err := Schedule(pool, Options{}, noon); err == nil {
		t.Fatal("3,000 nodes are spread one drain after the other")
	}
	window, figures, err := Look(pool, Options{}, noon)
	if err != nil || figures.MaxInWindow != 3000 || window != 24*time.Hour/6000 {
		t.Errorf("%v, %+v, %v", window, figures, err)
	}
	if _, _, err := Look(Pool{}, Options{}, noon); err != nil {
		t.Errorf("an empty pool: %v", err)
	}
}
