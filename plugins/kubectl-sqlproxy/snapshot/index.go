package snapshot

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/netpolicy"
)

// index finds what selects a workload, and what it has made, without a look at all there
// is: a cluster may have thousands of each.
type index struct {
	pods     map[maker][]*Pod
	services map[pair][]*Item[corev1.Service]
	budgets  map[string][]selecting[policyv1.PodDisruptionBudget]
	policies map[string][]selecting[netpolicy.NetworkPolicy]
}

// maker is a workload as its pods' owners name it.
type maker struct{ namespace, kind, name string }

// pair is one of the labels that a Service wants.
type pair struct{ namespace, key, value string }

// selecting is an object with its selector.
type selecting[T any] struct {
	*Item[T]
	selector labels.Selector
}

func (s *Snapshot) index() *index {
	x := &index{
		pods: map[maker][]*Pod{}, services: map[pair][]*Item[corev1.Service]{},
		budgets: map[string][]selecting[policyv1.PodDisruptionBudget]{}, policies: map[string][]selecting[netpolicy.NetworkPolicy]{},
	}
	for _, p := range s.Pods {
		for _, m := range makersOf(p) {
			x.pods[m] = append(x.pods[m], p)
		}
	}
	for _, o := range s.Services {
		if set := o.Value.Spec.Selector; len(set) > 0 {
			key := slices.Min(slices.Collect(maps.Keys(set)))
			at := pair{o.Namespace, key, set[key]}
			x.services[at] = append(x.services[at], o)
		}
	}
	for _, o := range s.Budgets {
		if selector, err := metav1.LabelSelectorAsSelector(o.Value.Spec.Selector); err == nil {
			x.budgets[o.Namespace] = append(x.budgets[o.Namespace], selecting[policyv1.PodDisruptionBudget]{o, selector})
		}
	}
	for _, o := range s.Policies {
		types := o.Value.Spec.PolicyTypes
		ingress := len(types) == 0 || slices.Contains(types, netpolicy.Ingress)
		if selector, err := metav1.LabelSelectorAsSelector(&o.Value.Spec.PodSelector); err == nil && ingress {
			x.policies[o.Namespace] = append(x.policies[o.Namespace], selecting[netpolicy.NetworkPolicy]{o, selector})
		}
	}
	return x
}

// makersOf are the workloads that may have made a pod: its controller, and the one that
// has made that, by how it names what it makes.
func makersOf(p *Pod) []maker {
	controller := metav1.GetControllerOf(&p.Value)
	if controller == nil {
		return nil
	}
	all := []maker{{p.Namespace, controller.Kind, controller.Name}}
	end := strings.LastIndexByte(controller.Name, '-')
	if end < 0 {
		return all
	}
	base, last := controller.Name[:end], controller.Name[end+1:]
	hash := p.Value.Labels["pod-template-hash"]
	switch {
	case controller.Kind == "ReplicaSet" && (hash == "" || hash == last):
		all = append(all, maker{p.Namespace, "Deployment", base})
	case controller.Kind == "Job" && strings.Trim(last, "0123456789") == "": // the minute
		all = append(all, maker{p.Namespace, "CronJob", base})
	}
	return all
}

// podsOf are a workload's pods. That of a Deployment is not their controller, but names
// it; a ReplicaSet of its own may have such a name, too.
func (x *index) podsOf(w *Workload) []*Pod {
	pods := x.pods[maker{w.Namespace, w.Kind, w.Name}]
	if w.Kind != "Deployment" {
		return pods
	}
	return slices.DeleteFunc(slices.Clone(pods), func(p *Pod) bool { return !w.Selector.Matches(labels.Set(p.Value.Labels)) })
}

// servicesFor are those that select a workload's pods, by name.
func (x *index) servicesFor(w *Workload) []*Item[corev1.Service] {
	var all []*Item[corev1.Service]
	for key, value := range w.Template.Labels {
		for _, o := range x.services[pair{w.Namespace, key, value}] {
			if within(o.Value.Spec.Selector, w.Template.Labels) {
				all = append(all, o)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *Item[corev1.Service]) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func within(wanted, set map[string]string) bool {
	for key, value := range wanted {
		if got, ok := set[key]; !ok || got != value {
			return false
		}
	}
	return true
}

// selectedBy are the objects of a workload's namespace that select its pods.
func selectedBy[T any](all map[string][]selecting[T], w *Workload) []*Item[T] {
	var found []*Item[T]
	for _, o := range all[w.Namespace] {
		if o.selector.Matches(labels.Set(w.Template.Labels)) {
			found = append(found, o.Item)
		}
	}
	return found
}
