package collect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// namespaces reads their labels: of all, or, where that is forbidden, of those that are
// asked for.
func (r *reading) namespaces(ctx context.Context) error {
	one := resource{plural: "namespaces", kind: "Namespace", clusterWide: true}
	err := r.each(ctx, one, "v1", "")
	switch {
	case err == nil || ctx.Err() != nil:
		return ctx.Err()
	case r.query.Namespaces == nil:
		r.miss(one.kind, one.plural, "", err.Error())
		return nil
	}
	for _, name := range r.query.Namespaces {
		if err := r.get(ctx, one.kind, one.plural, "", name, nil); err != nil {
			return err
		}
	}
	return nil
}

// ref is an object that a proxy is given.
type ref struct{ kind, plural, namespace, name string }

// given reads the Secrets, ConfigMaps and ServiceAccounts of proxies, by name.
func (r *reading) given(ctx context.Context) error {
	refs := map[ref]bool{}
	for _, p := range r.snapshot.Proxies {
		for _, one := range refsOf(p) {
			refs[one] = one.name != ""
		}
	}
	todo := newGroup(ctx)
	for one, named := range refs {
		if named {
			r.query.Note(one.plural)
			todo.Go(func() error { return r.get(ctx, one.kind, one.plural, one.namespace, one.name, nil) })
		}
	}
	return todo.Wait()
}

// refsOf are what a proxy's container names: its variables, and the volumes that are
// mounted into it. Those of other containers are not the proxy's business.
func refsOf(p *snapshot.Proxy) []ref {
	var all []ref
	secret := func(name string) { all = append(all, ref{"Secret", "secrets", p.Namespace, name}) }
	configMap := func(name string) { all = append(all, ref{"ConfigMap", "configmaps", p.Namespace, name}) }
	account := cmp.Or(p.Template.Spec.ServiceAccountName, p.Template.Spec.DeprecatedServiceAccount, "default")
	all = append(all, ref{"ServiceAccount", "serviceaccounts", p.Namespace, account})
	for _, from := range p.Container.EnvFrom {
		if from.SecretRef != nil {
			secret(from.SecretRef.Name)
		}
		if from.ConfigMapRef != nil {
			configMap(from.ConfigMapRef.Name)
		}
	}
	for _, e := range p.Container.Env {
		if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
			secret(e.ValueFrom.SecretKeyRef.Name)
		}
		if e.ValueFrom != nil && e.ValueFrom.ConfigMapKeyRef != nil {
			configMap(e.ValueFrom.ConfigMapKeyRef.Name)
		}
	}
	for i := range p.Template.Spec.Volumes {
		v := &p.Template.Spec.Volumes[i]
		if !slices.ContainsFunc(p.Container.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == v.Name }) {
			continue
		}
		if v.Secret != nil {
			secret(v.Secret.SecretName)
		}
		if v.ConfigMap != nil {
			configMap(v.ConfigMap.Name)
		}
		if v.Projected != nil {
			for _, source := range v.Projected.Sources {
				if source.Secret != nil {
					secret(source.Secret.Name)
				}
				if source.ConfigMap != nil {
					configMap(source.ConfigMap.Name)
				}
			}
		}
	}
	return all
}

// namesAtOnce is how many names a selector may have: it is part of a URL.
const namesAtOnce = 50

// further reads the EndpointSlices of the proxies' Services.
func (r *reading) further(ctx context.Context) error {
	names := map[string]map[string]bool{}
	for _, p := range r.snapshot.Proxies {
		for _, o := range p.Services {
			if names[o.Namespace] == nil {
				names[o.Namespace] = map[string]bool{}
			}
			names[o.Namespace][o.Name] = true
		}
	}
	todo := newGroup(ctx)
	for namespace, services := range names {
		for some := range slices.Chunk(slices.Sorted(maps.Keys(services)), namesAtOnce) {
			one := resource{
				group: "discovery.k8s.io", plural: "endpointslices", kind: "EndpointSlice", versions: []string{"v1", "v1beta1"},
				labels: "kubernetes.io/service-name in (" + strings.Join(some, ",") + ")",
			}
			todo.Go(func() error { return r.list(ctx, one, namespace) })
		}
	}
	return todo.Wait()
}

// pods reads those of the workloads with a proxy.
func (r *reading) pods(ctx context.Context) error {
	type list struct{ namespace, selector string }
	wanted := map[list]bool{} // whether a shared proxy is in them
	for _, p := range r.proxies() {
		if selector := selectorOf(p.Workload); selector != "" {
			one := list{p.Namespace, selector}
			wanted[one] = wanted[one] || p.Shared
		}
	}
	todo := newGroup(ctx)
	for one, shared := range wanted {
		what := resource{plural: "pods", kind: "Pod", labels: one.selector}
		if !shared {
			what.keep = keepSidecarPod
		}
		todo.Go(func() error { return r.list(ctx, what, one.namespace) })
	}
	return todo.Wait()
}

// selectorOf selects a workload's pods; "" where nothing does, or all pods would be.
func selectorOf(w *snapshot.Workload) string {
	if w.Kind == "CronJob" {
		of := "job-name"
		if set := labels.SelectorFromSet(w.Template.Labels); !set.Empty() {
			of += "," + set.String()
		}
		return of
	}
	if requirements, selects := w.Selector.Requirements(); !selects || len(requirements) == 0 {
		return ""
	}
	return w.Selector.String()
}

// keepSidecarPod keeps of a pod how it does, and not what its template says already:
// of applications there may be tens of thousands.
func keepSidecarPod(raw json.RawMessage) json.RawMessage {
	var in corev1.Pod
	if json.Unmarshal(raw, &in) != nil {
		return raw
	}
	trimMeta(&in.ObjectMeta)
	in.Spec.Volumes, in.Spec.Tolerations = nil, nil
	for _, containers := range [][]corev1.Container{in.Spec.InitContainers, in.Spec.Containers} {
		for i := range containers {
			c := &containers[i]
			containers[i] = corev1.Container{Name: c.Name, Image: c.Image, RestartPolicy: c.RestartPolicy}
		}
	}
	kept, err := json.Marshal(&in)
	if err != nil {
		return raw
	}
	return kept
}

// manyNodes bounds how many nodes are read by name.
const manyNodes = 100

// around reads the nodes of the proxies' pods, and the events about all that was found.
func (r *reading) around(ctx context.Context) error {
	todo := newGroup(ctx)
	proxies := r.proxies()
	slices.SortStableFunc(proxies, func(a, b *snapshot.Proxy) int { return -compareBools(a.Shared, b.Shared) })
	seen := map[string]bool{}
	about := map[string]*told{}
	for _, p := range proxies {
		if about[p.Namespace] == nil {
			about[p.Namespace] = &told{names: map[string]bool{}}
		}
		about[p.Namespace].add(p)
		for _, pod := range p.Pods {
			if name := pod.Value.Spec.NodeName; name != "" && !seen[name] && len(seen) < manyNodes {
				seen[name] = true
				todo.Go(func() error { return r.get(ctx, "Node", "nodes", "", name, keepNode) })
			}
		}
	}
	todo.Go(func() error { return r.metadataNode(ctx) })
	for namespace, t := range about {
		one := resource{plural: "events", kind: "Event", keep: t.keep}
		todo.Go(func() error { return r.list(ctx, one, namespace) })
	}
	return todo.Wait()
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// errEnough ends a list of which no more is needed.
var errEnough = errors.New("enough")

// metadataNode reads one node that has GKE's metadata server, if there is one: where any
// has it, Workload Identity is in use.
func (r *reading) metadataNode(ctx context.Context) error {
	found := false
	one := resource{plural: "nodes", kind: "Node", labels: "iam.gke.io/gke-metadata-server-enabled=true", page: 1, clusterWide: true}
	one.keep = func(raw json.RawMessage) json.RawMessage {
		found = true
		return keepNode(raw)
	}
	one.enough = func() bool { return found }
	err := r.each(ctx, one, "v1", "")
	if err != nil && !errors.Is(err, errEnough) && ctx.Err() == nil {
		reason := err.Error()
		if apierrors.IsForbidden(err) {
			reason = "whether nodes have GKE's metadata server is not known: " + reason
		}
		r.miss(one.kind, one.plural, "", reason)
	}
	return ctx.Err()
}

// told is what events of a namespace are kept about.
type told struct {
	names    map[string]bool // Kind/name
	prefixes []string        // of ReplicaSets and Jobs, which are read nowhere
}

func (t *told) add(p *snapshot.Proxy) {
	t.names[p.Kind+"/"+p.Name] = true
	t.prefixes = append(t.prefixes, "ReplicaSet/"+p.Name+"-", "Job/"+p.Name+"-")
	for _, o := range p.Pods {
		t.names["Pod/"+o.Name] = true
	}
	for _, o := range p.Services {
		t.names["Service/"+o.Name] = true
	}
	for _, o := range p.Budgets {
		t.names["PodDisruptionBudget/"+o.Name] = true
	}
	for _, o := range p.Autoscalers {
		t.names["HorizontalPodAutoscaler/"+o.Name] = true
	}
}

func (t *told) keep(raw json.RawMessage) json.RawMessage {
	var in struct {
		InvolvedObject struct{ Kind, Name string } `json:"involvedObject"`
	}
	if json.Unmarshal(raw, &in) != nil {
		return raw
	}
	name := in.InvolvedObject.Kind + "/" + in.InvolvedObject.Name
	if t.names[name] || slices.ContainsFunc(t.prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
		return raw
	}
	return nil
}
