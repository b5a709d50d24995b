package migrate

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// Objects makes the objects of a shared proxy that takes the place of old, which was
// shared, too: what its pods were told beyond the proxy goes on.
func (m *Move) Objects(old *snapshot.Proxy) (*manifest.Set, error) {
	set, err := manifest.Build(m.Config)
	if err != nil {
		return nil, err
	}
	for _, o := range set.Objects {
		if d, ok := o.Value.(*appsv1.Deployment); ok {
			overlay(d, old)
		}
	}
	return set, nil
}

// overlay keeps what says where the pods run, and what they are called.
func overlay(d *appsv1.Deployment, old *snapshot.Proxy) {
	to, from := &d.Spec.Template.Spec, &old.Template.Spec
	to.NodeSelector, to.PriorityClassName, to.ImagePullSecrets = from.NodeSelector, from.PriorityClassName, from.ImagePullSecrets
	to.Tolerations = append(to.Tolerations, from.Tolerations...)
	keep(&d.Spec.Template.Labels, old.Template.Labels)
	keep(&d.Spec.Template.Annotations, old.Template.Annotations)
	keep(&d.Labels, old.Meta.Labels)
	for i := range to.Containers {
		// By the old name each set of containers would be one of both, after a merge.
		to.Containers[i].Name = old.Container.Name
	}
	if d.Spec.Template.Annotations["kubectl.kubernetes.io/default-container"] != "" {
		d.Spec.Template.Annotations["kubectl.kubernetes.io/default-container"] = old.Container.Name
	}
}

// keep adds what is not there.
func keep(to *map[string]string, from map[string]string) {
	all := maps.Clone(from)
	if all == nil {
		return
	}
	maps.Copy(all, *to)
	*to = all
}

// Join makes one shared proxy of what takes the place of several sidecars. The error
// says what two of them do not agree on.
func Join(moves []*Move, names []string) (*Move, error) {
	joined := *moves[0]
	joined.Config.Instances = slices.Clone(joined.Config.Instances)
	joined.ports = maps.Clone(joined.ports)
	var wrong []error
	for n, m := range moves[1:] {
		a, b := &joined.Config, &m.Config
		disagree := func(what string, equal bool) {
			if !equal {
				wrong = append(wrong, fmt.Errorf("%s and %s have different %s: convert them one at a time, with another --name", names[0], names[n+1], what))
			}
		}
		disagree("namespaces", a.Namespace == b.Namespace)
		disagree("engines", a.Engine == b.Engine)
		disagree("credentials", a.Identity == b.Identity)
		disagree("kinds of addresses", a.Route == b.Route)
		disagree("ways to log in (IAM)", a.IAMLogin == b.IAMLogin)
		disagree("API endpoints", a.Endpoint == b.Endpoint)
		a.MaxConnections = max(a.MaxConnections, b.MaxConnections)
		for _, i := range b.Instances {
			if !slices.ContainsFunc(a.Instances, func(o manifest.Instance) bool { return o.Connection == i.Connection }) {
				a.Instances = append(a.Instances, i)
			}
		}
		joined.Differences = append(joined.Differences, m.Differences...)
		joined.Left = append(joined.Left, m.Left...)
	}
	return &joined, errors.Join(wrong...)
}

// Addresses are where the Services of a shared proxy serve what a sidecar did, by the
// port that the sidecar heard on.
func (m *Move) Addresses(shared manifest.Config) map[int]Address {
	names := manifest.ServiceNames(shared)
	all := map[int]Address{}
	for _, i := range shared.Instances {
		if port, ok := m.ports[i.Connection]; ok {
			all[port] = Address{Host: names[i.Connection], Port: i.Port}
		}
	}
	return all
}
