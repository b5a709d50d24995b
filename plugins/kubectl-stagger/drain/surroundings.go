package drain

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
)

var budgetResource = schema.GroupVersionResource{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"}

// surroundings are what pods are judged by beside themselves. They grow with the pods
// that they are read for, and nothing is asked for twice.
type surroundings struct {
	*Drainer
	budgets []policyv1.PodDisruptionBudget
	unseen  []string // what may not be looked at, in whole sentences

	asked      bool            // for the budgets of the whole cluster
	refused    bool            // which may not be listed
	namespaces map[string]bool // of which they were listed instead
	sets       map[[2]string]error
}

// read learns of all that may concern the pods.
func (s *surroundings) read(ctx context.Context, pods []corev1.Pod) error {
	for i := range pods {
		if err := s.readBudgets(ctx, pods[i].Namespace); err != nil {
			return fmt.Errorf("disruption budgets: %w", err)
		}
		if name := daemonSetOf(&pods[i]); name != "" {
			if err := s.readDaemonSet(ctx, pods[i].Namespace, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// readBudgets lists those of the whole cluster, or where that is forbidden those of
// the namespace.
func (s *surroundings) readBudgets(ctx context.Context, namespace string) error {
	if s.Options.DisableEviction || s.asked && !s.refused || s.namespaces[namespace] {
		return nil
	}
	if !s.asked {
		budgets, err := s.budgetsIn(ctx, "")
		s.asked, s.refused, s.budgets, s.namespaces = true, apierrors.IsForbidden(err), budgets, map[string]bool{}
		if !s.refused {
			return err
		}
	}
	s.namespaces[namespace] = true
	budgets, err := s.budgetsIn(ctx, namespace)
	if apierrors.IsForbidden(err) {
		s.unseen = append(s.unseen, fmt.Sprintf("The disruption budgets of namespace %s may not be listed: whether they can ever be met is not known.", namespace))
		return nil
	}
	s.budgets = append(s.budgets, budgets...)
	return err
}

// readDaemonSet finds out whether it is there. That this may not be seen is an answer.
func (s *surroundings) readDaemonSet(ctx context.Context, namespace, name string) error {
	key := [2]string{namespace, name}
	if _, known := s.sets[key]; known {
		return nil
	}
	resource := schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "daemonsets"}
	err := s.Options.request(ctx, func(ctx context.Context) error {
		_, err := kube.ObjectsOf[metav1.PartialObjectMetadata](s.Cluster, resource, namespace).Get(ctx, name)
		return err
	})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsForbidden(err) {
		return fmt.Errorf("DaemonSet %s/%s: %w", namespace, name, err)
	}
	if apierrors.IsForbidden(err) {
		s.unseen = append(s.unseen, fmt.Sprintf("DaemonSet %s/%s may not be read: its pods are left where they are, as if it were still there.", namespace, name))
	}
	if s.sets == nil {
		s.sets = map[[2]string]error{}
	}
	s.sets[key] = err
	return nil
}

// daemonSet is a DaemonSets.
func (s *surroundings) daemonSet(namespace, name string) error {
	return s.sets[[2]string{namespace, name}]
}

func (d *Drainer) budgetsIn(ctx context.Context, namespace string) ([]policyv1.PodDisruptionBudget, error) {
	var budgets []policyv1.PodDisruptionBudget
	err := d.Options.request(ctx, func(ctx context.Context) error {
		return kube.ObjectsOf[policyv1.PodDisruptionBudget](d.Cluster, budgetResource, namespace).
			Each(ctx, metav1.ListOptions{}, func(b *policyv1.PodDisruptionBudget) error {
				budgets = append(budgets, *b)
				return nil
			})
	})
	return budgets, err
}
