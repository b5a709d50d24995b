package pool

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kube"
)

// candidate is a node while it is not yet known what to make of it.
type candidate struct {
	Node
	tagged
	witnesses
	expireAfter time.Duration // Karpenter's; 0 is never
}

// interner makes equal strings one: nodes have their labels in common, and pods
// their namespaces.
type interner map[string]string

func (in interner) of(text string) string {
	if known, ok := in[text]; ok {
		return known
	}
	in[text] = text
	return text
}

// listNodes reads all nodes of the cluster.
func listNodes(ctx context.Context, c *kube.Cluster, poolLabel string) ([]candidate, error) {
	var nodes []candidate
	words := interner{}
	err := pages(func(opts metav1.ListOptions) (string, error) {
		page, err := c.Nodes().List(ctx, opts)
		if err != nil {
			return "", err
		}
		for i := range page.Items {
			nodes = append(nodes, newCandidate(&page.Items[i], poolLabel, words))
		}
		return page.Continue, nil
	})
	if apierrors.IsForbidden(err) {
		return nil, fmt.Errorf("%w; nothing can be said of a pool without the right to list nodes", err)
	}
	if err != nil {
		return nil, fmt.Errorf("list of nodes: %w", err)
	}
	return nodes, nil
}

func newCandidate(n *corev1.Node, poolLabel string, words interner) candidate {
	c := candidate{
		Node: Node{
			Name:          n.Name,
			Created:       n.CreationTimestamp.Time,
			Machine:       MachineOf(n),
			Unschedulable: n.Spec.Unschedulable,
			Taints:        n.Spec.Taints,
			Labels:        make(map[string]string, len(n.Labels)),
			Annotations:   map[string]string{},
			Allocatable:   amounts(n.Status.Allocatable),
		},
		tagged:    tagged{tags: tagsOf(n.Labels, poolLabel), machine: machineName(n.Annotations)},
		witnesses: witnesses{node: n.CreationTimestamp.Time},
	}
	for key, value := range n.Labels {
		c.Labels[words.of(key)] = words.of(value)
	}
	for key, value := range n.Annotations {
		if strings.HasPrefix(key, suitePrefix) || key == capiMachine || key == capiNamespace {
			c.Annotations[key] = value
		}
	}
	for i := range n.Status.Conditions {
		if on := &n.Status.Conditions[i]; on.Type == corev1.NodeReady && on.Status == corev1.ConditionTrue {
			c.Ready, c.ready = true, on.LastTransitionTime.Time
		}
	}
	return c
}
