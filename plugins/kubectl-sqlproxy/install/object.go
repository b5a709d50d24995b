package install

import (
	"encoding/json"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
)

// Object names an object of the target's namespace.
type Object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
}

// String is the object for people.
func (o Object) String() string { return o.Kind + " " + o.Name }

// Resource is the object as kubectl's -o name has it: deployment.apps/cloudsql.
func (o Object) Resource() string {
	k, _ := kindOf(o.APIVersion, o.Kind)
	name := k.singular
	if k.group != "" {
		name += "." + k.group
	}
	return name + "/" + o.Name
}

// kind is a kind that a proxy may need.
type kind struct {
	group, version, kind, plural, singular string
}

// kinds are all of them, in the order in which they are applied: what pods need to start
// comes first, the Deployment last.
func kinds() []kind {
	return []kind{
		{"", "v1", "ServiceAccount", "serviceaccounts", "serviceaccount"},
		{"", "v1", "Secret", "secrets", "secret"},
		{"", "v1", "Service", "services", "service"},
		{"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", "poddisruptionbudget"},
		{"networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", "networkpolicy"},
		{"monitoring.coreos.com", "v1", "PodMonitor", "podmonitors", "podmonitor"},
		{"autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "horizontalpodautoscaler"},
		{"apps", "v1", "Deployment", "deployments", "deployment"},
	}
}

func (k kind) apiVersion() string {
	return schema.GroupVersion{Group: k.group, Version: k.version}.String()
}

func (k kind) resource() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: k.group, Version: k.version, Resource: k.plural}
}

func kindOf(apiVersion, name string) (kind, bool) {
	all := kinds()
	i := slices.IndexFunc(all, func(k kind) bool { return k.apiVersion() == apiVersion && k.kind == name })
	if i < 0 {
		return kind{}, false
	}
	return all[i], true
}

// rank is the object's place in the order of applying.
func (o Object) rank() int {
	return slices.IndexFunc(kinds(), func(k kind) bool { return k.apiVersion() == o.APIVersion && k.kind == o.Kind })
}

// fields are an object as JSON has it.
type fields = map[string]any

// client reaches the objects of a kind as they are: in JSON.
func client(c *kube.Cluster, o Object) kube.Objects[fields] {
	k, _ := kindOf(o.APIVersion, o.Kind)
	return kube.ObjectsOf[fields](c, k.resource(), o.Namespace)
}

// wantedFields are what is applied of an object.
func wantedFields(o *manifest.Object) (Object, fields, error) {
	id := Object{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}
	if _, ok := kindOf(o.APIVersion, o.Kind); !ok {
		return id, nil, fmt.Errorf("%s: objects of %s %s cannot be applied", id, o.APIVersion, o.Kind)
	}
	all, err := o.Fields()
	if err != nil {
		return id, nil, err
	}
	// Numbers are to be of the type that those of the cluster have.
	raw, err := json.Marshal(all)
	if err != nil {
		return id, nil, fmt.Errorf("%s: %w", id, err)
	}
	var out fields
	if err := json.Unmarshal(raw, &out); err != nil {
		return id, nil, fmt.Errorf("%s: %w", id, err)
	}
	return id, out, nil
}
