package pool

import (
	"fmt"
	"slices"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// Spread is the pool as package spread plans for it. Estimated starts are given as
// times like the others; nodes without one have no start. Pods that count are those
// that are ready and that somebody would make anew elsewhere, so neither those of
// DaemonSets nor those of files on the node. Workloads have the indices of
// Snapshot.Workloads.
func (s *Snapshot) Spread() spread.Pool {
	p := spread.Pool{Nodes: make([]spread.Node, len(s.Nodes)), Workloads: make([]spread.Workload, len(s.Workloads))}
	for i := range s.Workloads {
		p.Workloads[i] = spread.Workload{Name: s.Workloads[i].Owner.String(), Ready: s.Workloads[i].Ready}
	}
	for i := range s.Nodes {
		p.Nodes[i] = spread.Node{Name: s.Nodes[i].Name, Start: s.Nodes[i].Start.At}
	}
	for _, pod := range s.Pods {
		if !pod.Ready || pod.Daemon || pod.Mirror || pod.Workload < 0 {
			continue
		}
		shares := &p.Nodes[pod.Node].Shares // a few: a node has about a hundred pods at most
		at := slices.IndexFunc(*shares, func(share spread.Share) bool { return share.Workload == pod.Workload })
		if at < 0 {
			at = len(*shares)
			*shares = append(*shares, spread.Share{Workload: pod.Workload})
		}
		(*shares)[at].Replicas++
	}
	return p
}

// MaxAge is how long the pool's machines live: the shortest limit among them. The
// error is that none of them has one, and says what to do.
func (s *Snapshot) MaxAge() (time.Duration, error) {
	var shortest time.Duration
	spot := false
	for i := range s.Nodes {
		n := &s.Nodes[i]
		if n.MaxAge > 0 && (shortest == 0 || n.MaxAge < shortest) {
			shortest = n.MaxAge
		}
		spot = spot || n.Lifetime == Spot
	}
	switch {
	case shortest > 0:
		return shortest, nil
	case spot:
		return 0, fmt.Errorf("the nodes of %q are Spot VMs, which have no age limit: they do not die together of age, and there is nothing to spread; to replace them at a certain age all the same, give it with --max-age", s.Name)
	}
	return 0, fmt.Errorf("the nodes of %q are not known to die at a certain age; if they do, give it with --max-age", s.Name)
}
