package kube

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Names returns the names of the objects of a kind, as many as one page of the
// API holds, for completion. An empty namespace means all.
func (c *Cluster) Names(ctx context.Context, kind, namespace string) ([]string, error) {
	k, err := c.Kind(ctx, kind)
	if err != nil {
		return nil, err
	}
	client, err := c.Metadata()
	if err != nil {
		return nil, err
	}
	if !k.Namespaced {
		namespace = ""
	}
	list, err := client.Resource(k.GVR()).Namespace(namespace).List(ctx, metav1.ListOptions{Limit: podPage})
	if err != nil {
		return nil, err
	}
	names := make([]string, len(list.Items))
	for i := range list.Items {
		names[i] = list.Items[i].Name
	}
	return names, nil
}
