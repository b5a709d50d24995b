package diagnose

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// key names an object of a kind.
type key struct{ namespace, name string }

func keyOf(o finding.Object) key { return key{o.Namespace, o.Name} }

// index finds what concerns a subject without a look at all there is: a cluster may have
// thousands of workloads, each with a sidecar.
type index struct {
	accounts   map[key]*snapshot.Item[corev1.ServiceAccount]
	configMaps map[key]*snapshot.Item[corev1.ConfigMap]
	secrets    map[key]*snapshot.Secret
	nodes      map[string]*snapshot.Item[corev1.Node]
	// endpoints are the EndpointSlices of a Service.
	endpoints map[key][]*snapshot.EndpointSlice
	services  map[key]*serviceItem
	// servicesIn and workloadsIn are those of a namespace.
	servicesIn  map[string][]*serviceItem
	workloadsIn map[string][]*snapshot.Workload
	// proxies are those of a workload's pods.
	proxies map[*snapshot.Workload][]*snapshot.Proxy
	// depths are those of the families of ids.
	depths map[string]int
}

func newIndex(s *snapshot.Snapshot) *index {
	x := &index{
		accounts: byName(s.ServiceAccounts), configMaps: byName(s.ConfigMaps),
		secrets: make(map[key]*snapshot.Secret, len(s.Secrets)), nodes: make(map[string]*snapshot.Item[corev1.Node], len(s.Nodes)),
		endpoints: map[key][]*snapshot.EndpointSlice{}, services: byName(s.Services),
		servicesIn: map[string][]*serviceItem{}, workloadsIn: map[string][]*snapshot.Workload{},
		proxies: map[*snapshot.Workload][]*snapshot.Proxy{}, depths: depths(),
	}
	for _, o := range s.Secrets {
		x.secrets[keyOf(o.Object)] = o
	}
	for _, o := range s.Nodes {
		x.nodes[o.Name] = o
	}
	for _, o := range s.EndpointSlices {
		if of := o.Value.Labels[snapshot.ServiceNameLabel]; of != "" {
			x.endpoints[key{o.Namespace, of}] = append(x.endpoints[key{o.Namespace, of}], &o.Value)
		}
	}
	for _, o := range s.Services {
		x.servicesIn[o.Namespace] = append(x.servicesIn[o.Namespace], o)
	}
	for _, w := range s.Workloads {
		x.workloadsIn[w.Namespace] = append(x.workloadsIn[w.Namespace], w)
	}
	for _, p := range s.Proxies {
		x.proxies[p.Workload] = append(x.proxies[p.Workload], p)
	}
	return x
}

func byName[T any](all []*snapshot.Item[T]) map[key]*snapshot.Item[T] {
	named := make(map[key]*snapshot.Item[T], len(all))
	for _, o := range all {
		named[keyOf(o.Object)] = o
	}
	return named
}

// depths are how deep the matter of an id lies: that of its family.
func depths() map[string]int {
	all := map[string]int{}
	for _, f := range families() {
		for _, e := range f.catalogue() {
			all[e.ID] = f.depth
		}
	}
	return all
}
