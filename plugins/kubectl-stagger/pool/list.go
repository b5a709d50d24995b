package pool

import (
	"context"
	"time"

	"github.com/kubechores/kubechores/pkg/kube"
)

// List returns the nodes that q means, with what their objects say of them, and looks
// at nothing else. The errors are those of Collect.
func List(ctx context.Context, c *kube.Cluster, q Query, now time.Time) ([]Node, error) {
	nodes, err := listNodes(ctx, c, q.PoolLabel)
	if err != nil {
		return nil, err
	}
	g := &gathering{cluster: c, query: q, nodes: nodes, snapshot: &Snapshot{TakenAt: now}}
	for _, step := range []func(context.Context) error{g.askMachines, g.choose} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	members := make([]Node, g.inside)
	for i := range members {
		members[i] = g.nodes[i].Node
	}
	return members, nil
}
