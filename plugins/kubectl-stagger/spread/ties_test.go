package spread

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// lostTogether is the largest part of a workload that a window takes in the turn
// after a plan, counted without the plan's own figures.
func lostTogether(pool Pool, o Options, p Plan) float64 {
	carries := map[string][]Share{}
	for _, n := range pool.Nodes {
		carries[n.Name] = n.Shares
	}
	from := noon.Add(o.Period() + o.WithDefaults().DrainTime)
	deaths := slices.DeleteFunc(p.Deaths(from.Add(2*o.Period())), func(d Death) bool { return d.At.Before(from) })
	most := 0.0
	for i, first := range deaths {
		lost := make([]int, len(pool.Workloads))
		for _, d := range deaths[i:] {
			if d.At.Sub(first.At) >= p.Window {
				break
			}
			for _, s := range carries[d.Node] {
				if lost[s.Workload] += s.Replicas; pool.Workloads[s.Workload].Ready > 0 {
					most = max(most, float64(lost[s.Workload])/float64(pool.Workloads[s.Workload].Ready))
				}
			}
		}
	}
	return most
}

// pairs gives each two nodes that follow each other a workload of two pods.
func pairs(pool Pool) Pool {
	for i := range pool.Nodes {
		pool.Nodes[i].Shares = []Share{{i / 2, 1}}
		if i%2 == 0 {
			pool.Workloads = append(pool.Workloads, Workload{fmt.Sprintf("w%d", i/2), 2})
		}
	}
	return pool
}

// Two nodes die in each window, but never both that carry a workload.
func TestMovesAreSwapped(t *testing.T) {
	pool, o := pairs(same(12, time.Hour)), Options{Max: 2, Window: 3 * time.Hour}
	p, err := Schedule(pool, o, noon)
	if err != nil {
		t.Fatal(err)
	}
	verify(t, pool, o, noon, p)
	if p.Before.Most.Share() != 1 || p.After.Most.Share() != 0.5 || p.After.MaxInWindow != 2 || lostTogether(pool, o, p) != 0.5 {
		t.Errorf("before %+v, after %+v", p.Before, p.After)
	}
}

func TestKeptAreThoseWithoutACommonWorkload(t *testing.T) {
	pool, o := pairs(same(6, time.Hour)), Options{Max: 3}
	p, err := Schedule(pool, o, noon)
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]int{"n0": 0, "n1": 0, "n2": 1, "n3": 1, "n4": 2, "n5": 2}
	if len(p.Kept) != 3 || of[p.Kept[0]] == of[p.Kept[1]] || of[p.Kept[1]] == of[p.Kept[2]] || of[p.Kept[0]] == of[p.Kept[2]] {
		t.Errorf("%v are kept", p.Kept)
	}
	if p.After.Most.Share() != 0.5 {
		t.Errorf("%+v", p.After)
	}
}

func TestKeptIsTheHeaviest(t *testing.T) {
	pool := same(5, time.Hour)
	pool.Workloads = []Workload{{"database", 3}}
	pool.Nodes[3].Shares = []Share{{0, 2}}
	pool.Nodes[1].Shares = []Share{{0, 1}}
	for _, even := range []bool{false, true} {
		p, err := Schedule(pool, Options{Even: even}, noon)
		if err != nil || !slices.Equal(p.Kept, []string{"n3"}) || p.After.Most != (Loss{"database", 2, 3}) {
			t.Errorf("%v kept, %+v, %v", p.Kept, p.After, err)
		}
	}
}

// fewReplicas adds workloads of two or three pods, each on a node of its own.
func fewReplicas(r *rand.Rand, pool *Pool) {
	n := len(pool.Nodes)
	for w := range n/2 + 1 {
		ready := min(n, 2+r.IntN(2))
		pool.Workloads = append(pool.Workloads, Workload{fmt.Sprintf("w%d", w), ready})
		for _, i := range r.Perm(n)[:ready] {
			pool.Nodes[i].Shares = append(pool.Nodes[i].Shares, Share{w, 1})
		}
	}
}

// Ties are broken in favour of the workloads and at nobody's cost.
func TestTiesCostNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	better, worse := 0, 0
	for range 1500 {
		n := 2 + r.IntN(40)
		pool := aged(randomAges(r, n, 24*time.Hour)...)
		o := Options{Max: 1 + r.IntN(4)}
		o.Window = time.Duration(o.Max) * 24 * time.Hour / time.Duration(2*n)
		if o.Window >= 23*time.Hour {
			continue
		}
		bare, err := Schedule(pool, o, noon)
		if err != nil {
			t.Fatal(err)
		}
		fewReplicas(r, &pool)
		p, err := Schedule(pool, o, noon)
		if err != nil {
			t.Fatal(err)
		}
		verify(t, pool, o, noon, p)
		late := func(p Plan) (n int) {
			for _, s := range p.Steps {
				if s.Reason == Reborn {
					n++
				}
			}
			return n
		}
		got, was := lostTogether(pool, o, p), lostTogether(pool, o, bare)
		if share := p.After.Most.Share(); share < got-1e-9 || share > got+1e-9 {
			t.Fatalf("the plan says that %v is lost, but %v is", share, got)
		}
		if p.Deletions != bare.Deletions {
			t.Fatalf("%d deletions, %d without workloads", p.Deletions, bare.Deletions)
		}
		if late(p) > late(bare) {
			t.Errorf("%d late, %d without workloads", late(p), late(bare))
		}
		switch {
		case got < was-1e-9:
			better++
		case got > was+1e-9 && late(p) == late(bare):
			worse++
		}
	}
	t.Logf("%d better, %d worse", better, worse)
	if worse > 0 || better < 100 {
		t.Error("ties are not broken in favour of the workloads")
	}
}
