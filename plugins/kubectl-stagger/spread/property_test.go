package spread

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

func randomOptions(r *rand.Rand, n int) Options {
	var o Options
	if r.IntN(2) == 0 {
		o.Max = 1 + r.IntN(4)
		o.Window = time.Duration(r.Int64N(int64(26*time.Hour)*int64(o.Max)/int64(n+1)) % int64(23*time.Hour))
	}
	if r.IntN(2) == 0 {
		o.Concurrency = 1 + r.IntN(n/50+3)
		o.DrainTime = time.Duration(r.Int64N(int64(20 * time.Minute)))
	}
	if r.IntN(3) == 0 {
		zone := zones[r.IntN(len(zones))]
		o.Hours = Hours{Zone: zone}
		for range 1 + r.IntN(3) {
			o.Hours.Spans = append(o.Hours.Spans, Span{time.Duration(r.IntN(24*4)) * 15 * time.Minute, time.Duration(r.IntN(24*4)) * 15 * time.Minute})
		}
	}
	if r.IntN(4) == 0 {
		o.Mode = Rolling
	}
	if r.IntN(8) == 0 {
		o.Horizon = time.Duration(r.Int64N(int64(30 * time.Hour)))
	}
	o.Even, o.Compress = r.IntN(6) == 0, r.IntN(4) == 0
	return o
}

func TestProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	planned, refused, surplus, squeezes := 0, 0, 0, 0
	for range 4000 {
		n := r.IntN(60)
		o := randomOptions(r, n)
		ages := randomAges(r, n, 24*time.Hour)
		for i := range ages {
			if r.IntN(40) == 0 {
				ages[i] = -1
			}
		}
		pool := aged(ages...)
		randomWorkloads(r, &pool, 1+r.IntN(10), r.IntN(4))
		p, err := Schedule(pool, o, noon)
		if err != nil {
			var infeasible *Infeasible
			if !errors.As(err, &infeasible) {
				t.Fatal(err)
			}
			if e := infeasible; e.Reborn == 0 && float64(e.Nodes)*float64(e.Window) <= float64(e.Max)*float64(e.Allowed)-float64(e.Max) &&
				int64(e.Nodes)*int64(e.Apart) <= int64(e.Allowed) {
				t.Errorf("%v: but there is room: %+v", err, e)
			}
			if t.Failed() {
				t.Fatalf("pool %v, options %+v", ages, o)
			}
			refused++
			continue
		}
		verify(t, pool, o, noon, p)
		planned++
		if squeezed(p) {
			squeezes++
		}
		if o.Mode == Once && !p.Fewest() {
			surplus++
		}
		if t.Failed() {
			t.Fatalf("pool %v, options %+v", ages, o)
		}
	}
	t.Logf("%d planned, %d refused, %d with more deletions than the bound, %d squeezed", planned, refused, surplus, squeezes)
	if squeezes > planned/200 {
		t.Error("too many plans do not keep the rule")
	}
}
