package kube

import (
	"context"
	"encoding/json"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Evict asks the API to evict a pod (policy/v1, Kubernetes 1.22 and later), under
// the preconditions of opts. A TooManyRequests error means that a disruption budget
// does not allow it now: its causes name the budget. NotFound: the pod is gone.
func (c *Cluster) Evict(ctx context.Context, namespace, pod string, opts metav1.DeleteOptions) error {
	body, err := json.Marshal(&policyv1.Eviction{
		TypeMeta:      metav1.TypeMeta{APIVersion: "policy/v1", Kind: "Eviction"},
		ObjectMeta:    metav1.ObjectMeta{Namespace: namespace, Name: pod},
		DeleteOptions: &opts,
	})
	if err != nil {
		return err
	}
	return c.core.Post().AbsPath("/api/v1/namespaces", namespace, "pods", pod, "eviction").
		SetHeader("Content-Type", "application/json").Body(body).MaxRetries(0).Do(ctx).Error()
}
