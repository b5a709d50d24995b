package pool

import (
	"context"
	"fmt"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
)

// budgets finds those that select a pod.
type budgets struct {
	all         []Budget
	byNamespace map[string][]selecting
}

type selecting struct {
	selector labels.Selector
	alone    []int // the budget's index, in a slice that pods share
}

// listBudgets reads all disruption budgets of the cluster. Those whose selector
// cannot be read are named in the second value.
func listBudgets(ctx context.Context, c *kube.Cluster) (budgets, []string, error) {
	b := budgets{byNamespace: map[string][]selecting{}}
	var unreadable []string
	resource := schema.GroupVersionResource{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"}
	err := kube.ObjectsOf[policyv1.PodDisruptionBudget](c, resource, "").Each(ctx, metav1.ListOptions{}, func(o *policyv1.PodDisruptionBudget) error {
		// In policy/v1 an empty selector selects all pods of the namespace, none selects none.
		selector, err := metav1.LabelSelectorAsSelector(o.Spec.Selector)
		if err != nil {
			unreadable = append(unreadable, fmt.Sprintf("Skipped: the disruption budget %s/%s, whose selector cannot be read: %v.", o.Namespace, o.Name, err))
			return nil
		}
		b.byNamespace[o.Namespace] = append(b.byNamespace[o.Namespace], selecting{selector, []int{len(b.all)}})
		b.all = append(b.all, newBudget(o))
		return nil
	})
	return b, unreadable, err
}

func newBudget(o *policyv1.PodDisruptionBudget) Budget {
	b := Budget{
		Namespace: o.Namespace, Name: o.Name,
		Expected: int(o.Status.ExpectedPods), Healthy: int(o.Status.CurrentHealthy),
		Wanted: int(o.Status.DesiredHealthy), Allowed: int(o.Status.DisruptionsAllowed),
		Observed: o.Status.ObservedGeneration >= o.Generation,
	}
	if o.Spec.MinAvailable != nil {
		b.MinAvailable = o.Spec.MinAvailable.String()
	}
	if o.Spec.MaxUnavailable != nil {
		b.MaxUnavailable = o.Spec.MaxUnavailable.String()
	}
	if p := o.Spec.UnhealthyPodEvictionPolicy; p != nil {
		b.AlwaysAllow = *p == policyv1.AlwaysAllow
	}
	return b
}

// of are the indices of the budgets that select a pod.
func (b budgets) of(namespace string, set map[string]string) []int {
	var hit []int
	for _, s := range b.byNamespace[namespace] {
		switch {
		case !s.selector.Matches(labels.Set(set)):
		case hit == nil:
			hit = s.alone
		default:
			hit = append(hit[:len(hit):len(hit)], s.alone...)
		}
	}
	return hit
}
