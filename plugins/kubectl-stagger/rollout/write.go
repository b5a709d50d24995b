package rollout

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// writers is how many nodes are written at once.
const writers = 16

// write keeps a new plan on the nodes, and takes an old one from them. A node that
// is gone, or another one of its name, needs no plan.
func (r *Rollout) write(ctx context.Context, s *pool.Snapshot, a *Agenda) error {
	planned := make(map[string]ledger.Planned, len(a.Steps))
	for _, step := range a.Steps {
		planned[step.Node] = step.Planned
	}
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		failed error
		turns  = make(chan struct{}, writers)
	)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for i := range s.Nodes {
		n := &s.Nodes[i]
		p, moves := planned[n.Name]
		if was, had := n.Annotations[ledger.PlannedKey]; !moves && !had || moves && was == p.String() {
			continue
		}
		turns <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-turns }()
			err := r.writeNode(ctx, n, p, moves)
			mu.Lock()
			defer mu.Unlock()
			if err != nil && failed == nil {
				failed = fmt.Errorf("node %s: %w", n.Name, err)
				stop() // what keeps us from writing on one keeps us from writing on all
			}
		})
	}
	wg.Wait()
	if failed != nil {
		return fmt.Errorf("writing the plan on the nodes, which takes the right to patch them: %w", failed)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return r.Lease.SetPlan(ctx, r.Planner.written(a))
}

func (r *Rollout) writeNode(ctx context.Context, n *pool.Node, p ledger.Planned, moves bool) error {
	var value any
	if moves {
		value = p.String()
	}
	body, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": n.Machine.UID, "annotations": map[string]any{ledger.PlannedKey: value}}})
	if err != nil {
		return err
	}
	_, err = r.Cluster.Nodes().Patch(ctx, n.Name, types.MergePatchType, body, metav1.PatchOptions{})
	if kube.IsAnother(err) {
		return nil
	}
	return err
}
