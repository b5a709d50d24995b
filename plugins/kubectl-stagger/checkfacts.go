package main

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/rules"
)

// lookFurther adds to the facts what only the check needs. What may not be read is
// said among them; other errors end the check.
func lookFurther(ctx context.Context, cluster *kube.Cluster, facts *rules.Facts) error {
	for _, kind := range []struct{ name, plural string }{{"Deployment", "deployments"}, {"StatefulSet", "statefulsets"}} {
		err := fillDesired(ctx, cluster, facts.Pool, kind.name, kind.plural)
		switch {
		case apierrors.IsForbidden(err):
			facts.Missing = append(facts.Missing, fmt.Sprintf("How many replicas %ss are to have (%v); as many as are ready are taken for it.", kind.name, err))
		case err != nil:
			return fmt.Errorf("list of %s: %w", kind.plural, err)
		}
	}
	return findAutoscaler(ctx, cluster, facts)
}

// fillDesired reads how many replicas the workloads of a kind are to have, if there
// is one.
func fillDesired(ctx context.Context, cluster *kube.Cluster, s *pool.Snapshot, kind, plural string) error {
	at := map[pool.Owner]*pool.Workload{}
	for i := range s.Workloads {
		if w := &s.Workloads[i]; w.Kind == kind {
			at[pool.Owner{Kind: kind, Namespace: w.Namespace, Name: w.Name}] = w
		}
	}
	if len(at) == 0 {
		return nil
	}
	type scaled struct {
		Metadata struct{ Namespace, Name string }
		Spec     struct{ Replicas *int }
	}
	resource := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: plural}
	return kube.ObjectsOf[scaled](cluster, resource, "").Each(ctx, metav1.ListOptions{}, func(o *scaled) error {
		if w := at[pool.Owner{Kind: kind, Namespace: o.Metadata.Namespace, Name: o.Metadata.Name}]; w != nil && o.Spec.Replicas != nil {
			w.Desired = *o.Spec.Replicas
		}
		return nil
	})
}

// findAutoscaler looks for the signs of an autoscaler: its status, which it keeps in a
// ConfigMap, or nodes of Karpenter's.
func findAutoscaler(ctx context.Context, cluster *kube.Cluster, facts *rules.Facts) error {
	karpenter := func(n pool.Node) bool { return n.Labels["karpenter.sh/nodepool"] != "" }
	if slices.ContainsFunc(facts.Pool.Nodes, karpenter) || slices.ContainsFunc(facts.Pool.Elsewhere, karpenter) {
		facts.Autoscaler = rules.AutoscalerSeen
		return nil
	}
	resource := schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	_, err := kube.ObjectsOf[struct{}](cluster, resource, "kube-system").Get(ctx, "cluster-autoscaler-status")
	switch {
	case err == nil:
		facts.Autoscaler = rules.AutoscalerSeen
	case apierrors.IsNotFound(err):
		facts.Autoscaler = rules.AutoscalerNone
	case apierrors.IsForbidden(err):
		facts.Missing = append(facts.Missing, fmt.Sprintf("Whether there is a cluster autoscaler (%v).", err))
	default:
		return fmt.Errorf("the autoscaler's status: %w", err)
	}
	return nil
}
