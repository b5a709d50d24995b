package spread

import (
	"cmp"
	"slices"
)

// weights know what parts of which workloads the nodes carry.
type weights struct {
	shares [][]Share // per node, by workload, each at most once
	ready  []int     // per workload
	most   []float64 // per node: the largest part of any one workload
}

// small is a part of a workload that is not worth a look.
const small = 0.02

func newWeights(pool Pool) weights {
	w := weights{shares: make([][]Share, len(pool.Nodes)), ready: make([]int, len(pool.Workloads)), most: make([]float64, len(pool.Nodes))}
	for i, l := range pool.Workloads {
		w.ready[i] = l.Ready
	}
	for i, n := range pool.Nodes {
		shares := make([]Share, 0, len(n.Shares))
		for _, s := range n.Shares {
			if s.Replicas > 0 && w.ready[s.Workload] > 0 {
				shares = append(shares, s)
			}
		}
		slices.SortFunc(shares, func(a, b Share) int { return cmp.Compare(a.Workload, b.Workload) })
		w.shares[i] = joined(shares)
		for _, s := range w.shares[i] {
			w.most[i] = max(w.most[i], w.part(s))
		}
	}
	return w
}

// joined adds up shares of the same workload, which follow each other.
func joined(shares []Share) []Share {
	n := 0
	for _, s := range shares {
		if n > 0 && shares[n-1].Workload == s.Workload {
			shares[n-1].Replicas += s.Replicas
			continue
		}
		shares[n] = s
		n++
	}
	return shares[:n]
}

func (w weights) part(s Share) float64 { return float64(s.Replicas) / float64(w.ready[s.Workload]) }

// alone is the largest part of any one workload that a node carries.
func (w weights) alone(node int) float64 { return w.most[node] }

// together is the largest part of a workload that two nodes carry between them,
// of those that both carry; zero when it is small.
func (w weights) together(a, b int) float64 {
	if w.most[a]+w.most[b] < small {
		return 0
	}
	most, x, y := 0.0, w.shares[a], w.shares[b]
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0].Workload < y[0].Workload:
			x = x[1:]
		case x[0].Workload > y[0].Workload:
			y = y[1:]
		default:
			most = max(most, w.part(x[0])+w.part(y[0]))
			x, y = x[1:], y[1:]
		}
	}
	return most
}

// tally counts what a sliding window takes of each workload.
type tally struct {
	weights
	lost []int // pods per workload
	most Share // the largest part so far
}

func newTally(w weights) *tally { return &tally{weights: w, lost: make([]int, len(w.ready))} }

func (t *tally) add(node int) {
	for _, s := range t.shares[node] {
		t.lost[s.Workload] += s.Replicas
		now := Share{s.Workload, t.lost[s.Workload]}
		if t.most.Replicas == 0 || t.part(now) > t.part(t.most) {
			t.most = now
		}
	}
}

func (t *tally) remove(node int) {
	for _, s := range t.shares[node] {
		t.lost[s.Workload] -= s.Replicas
	}
}
