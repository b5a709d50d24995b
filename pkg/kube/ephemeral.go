package kube

import (
	"context"
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// AddEphemeralContainer adds a container to a pod that runs. It can never be
// taken out of the pod's spec again.
//
// Rights: patch on pods/ephemeralcontainers.
func (c *Cluster) AddEphemeralContainer(ctx context.Context, namespace, pod string, add *corev1.EphemeralContainer) error {
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"ephemeralContainers": []*corev1.EphemeralContainer{add}}})
	if err != nil {
		return err
	}
	return c.core.Patch(types.StrategicMergePatchType).Namespace(namespace).Resource("pods").Name(pod).
		SubResource("ephemeralcontainers").Body(patch).Do(ctx).Error()
}
