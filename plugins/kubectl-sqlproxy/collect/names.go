package collect

import (
	"context"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kube"
)

// Names are the workloads with a proxy in some namespaces, all where namespaces is nil,
// for completion: as many as can be read until ctx ends, and none where they may not be.
func Names(ctx context.Context, c *kube.Cluster, namespaces []string) []finding.Object {
	groups, err := c.Groups(ctx)
	if err != nil {
		return nil
	}
	r := &reading{cluster: c, groups: groups, query: Query{Namespaces: namespaces, Note: func(string) {}}}
	todo := newGroup(ctx)
	for _, one := range listed() {
		if one.keep == nil {
			continue // no workload
		}
		for _, namespace := range r.where() {
			todo.Go(func() error { return r.list(ctx, one, namespace) })
		}
	}
	_ = todo.Wait() // what was read until then is there
	r.snapshot.Close()
	var all []finding.Object
	for _, p := range r.snapshot.Proxies {
		if n := len(all); n == 0 || all[n-1] != p.Object {
			all = append(all, p.Object)
		}
	}
	return all
}
