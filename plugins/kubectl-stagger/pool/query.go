package pool

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
)

// Query says which nodes are meant: those of a pool, or those that a selector selects.
type Query struct {
	// Pool is the value of a pool label.
	Pool string
	// Selector is a label selector, in place of Pool.
	Selector string
	// PoolLabel is the label key that names a node's pool (--pool-label); empty for
	// those of the platforms that are known.
	PoolLabel string
	// MaxAge is how long the user says that the machines live; 0 is what the platform
	// says.
	MaxAge time.Duration
}

// Names returns the names of the cluster's pools, in order, for completion. A
// poolLabel is the only label that names one; without it the known ones do.
func Names(ctx context.Context, c *kube.Cluster, poolLabel string) ([]string, error) {
	client, err := c.Metadata()
	if err != nil {
		return nil, err
	}
	resource := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "nodes"})
	var nodes []tagged
	err = pages(func(opts metav1.ListOptions) (string, error) {
		page, err := resource.List(ctx, opts)
		if err != nil {
			return "", err
		}
		for i := range page.Items {
			nodes = append(nodes, tagged{tags: tagsOf(page.Items[i].Labels, poolLabel), machine: machineName(page.Items[i].Annotations)})
		}
		return page.Continue, nil
	})
	if err != nil {
		return nil, err
	}
	if poolLabel == "" {
		machines, err := machinesOf(ctx, c, nodes)
		if err != nil {
			return nil, err
		}
		for i := range nodes {
			nodes[i].add(machines)
		}
	}
	return count(nodes).names(), nil
}
