package snapshot

import (
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
)

// single leaves one of each object: the last that was added. Lists of a cluster overlap,
// and files may hold an object twice.
func (s *Snapshot) single() {
	s.Workloads = lastOf(s.Workloads, func(w *Workload) finding.Object { return w.Object })
	s.Secrets = lastOf(s.Secrets, func(o *Secret) finding.Object { return o.Object })
	s.Injectors = lastOf(s.Injectors, func(o *Injector) finding.Object { return o.Object })
	s.Pods = lastItems(s.Pods)
	s.Services = lastItems(s.Services)
	s.EndpointSlices = lastItems(s.EndpointSlices)
	s.Budgets = lastItems(s.Budgets)
	s.Policies = lastItems(s.Policies)
	s.Autoscalers = lastItems(s.Autoscalers)
	s.ServiceAccounts = lastItems(s.ServiceAccounts)
	s.ConfigMaps = lastItems(s.ConfigMaps)
	s.Namespaces = lastItems(s.Namespaces)
	s.Nodes = lastItems(s.Nodes)
}

func lastItems[T any](all []*Item[T]) []*Item[T] {
	return lastOf(all, func(i *Item[T]) finding.Object { return i.Object })
}

// lastOf keeps the order of those that stay. Objects without a name, as generateName
// makes, are all different.
func lastOf[T any](all []T, object func(T) finding.Object) []T {
	seen := make(map[finding.Object]bool, len(all))
	kept := all[:0:0]
	for _, one := range slices.Backward(all) {
		o := object(one)
		name := finding.Object{Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}
		if o.Name == "" || !seen[name] {
			seen[name] = true
			kept = append(kept, one)
		}
	}
	slices.Reverse(kept)
	return kept
}
