package kubetest

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Resource describes one kind that the server serves.
type Resource struct {
	Group   string // "" for core
	Version string
	Kind    string
	Plural  string // as in URLs: "pods"

	Singular   string   // the kind in lower case unless told
	Short      []string // kubectl's short names: "po"
	Categories []string // kubectl's groups of kinds: "all"
	Namespaced bool
	Status     bool     // has a status subresource: the main one leaves status alone
	Fields     []string // field selectors beside metadata.name and metadata.namespace, like "spec.nodeName"

	subresources  []string
	returnsObject bool // DELETE answers with the object instead of a Status
	builtin       bool
}

func (r Resource) gvr() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: r.Group, Version: r.Version, Resource: r.Plural}
}

func (r Resource) gvk() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: r.Kind}
}

func (r Resource) gr() schema.GroupResource {
	return schema.GroupResource{Group: r.Group, Resource: r.Plural}
}

func (r Resource) apiVersion() string {
	return schema.GroupVersion{Group: r.Group, Version: r.Version}.String()
}

func (r Resource) complete() Resource {
	if r.Singular == "" {
		r.Singular = strings.ToLower(r.Kind)
	}
	return r
}

// AddResource makes the server serve another kind, as a
// CustomResourceDefinition does. A second call with the same group, version
// and plural changes nothing.
func (s *Server) AddResource(rs ...Resource) {
	for _, r := range rs {
		s.store.register(r)
	}
}

// builtinResources are the kinds that every server has. Field selectors are
// those of pkg/apis/*/v1/conversion.go in Kubernetes.
func builtinResources() []Resource {
	all := []string{"all"}
	resources := []Resource{
		{Version: "v1", Kind: "Pod", Plural: "pods", Short: []string{"po"}, Categories: all, Namespaced: true, Status: true, returnsObject: true,
			subresources: []string{"log", "exec", "portforward", "eviction", "ephemeralcontainers"},
			Fields: []string{"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
				"status.phase", "status.podIP", "status.nominatedNodeName"}},
		{Version: "v1", Kind: "Node", Plural: "nodes", Short: []string{"no"}, Status: true, Fields: []string{"spec.unschedulable"}},
		{Version: "v1", Kind: "Namespace", Plural: "namespaces", Short: []string{"ns"}, Status: true, returnsObject: true, Fields: []string{"status.phase"}},
		{Version: "v1", Kind: "Service", Plural: "services", Short: []string{"svc"}, Categories: all, Namespaced: true, Status: true, returnsObject: true,
			Fields: []string{"spec.clusterIP", "spec.type"}},
		{Version: "v1", Kind: "ConfigMap", Plural: "configmaps", Short: []string{"cm"}, Namespaced: true},
		{Version: "v1", Kind: "Secret", Plural: "secrets", Namespaced: true, Fields: []string{"type"}},
		{Version: "v1", Kind: "Event", Plural: "events", Short: []string{"ev"}, Namespaced: true,
			Fields: []string{"involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
				"involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"}},
		{Version: "v1", Kind: "ServiceAccount", Plural: "serviceaccounts", Short: []string{"sa"}, Namespaced: true, returnsObject: true},
		{Version: "v1", Kind: "Endpoints", Plural: "endpoints", Short: []string{"ep"}, Namespaced: true},
		{Version: "v1", Kind: "ReplicationController", Plural: "replicationcontrollers", Short: []string{"rc"}, Categories: all, Namespaced: true, Status: true,
			Fields: []string{"status.replicas"}},
		{Version: "v1", Kind: "PersistentVolumeClaim", Plural: "persistentvolumeclaims", Short: []string{"pvc"}, Namespaced: true, Status: true, returnsObject: true},
		{Version: "v1", Kind: "PersistentVolume", Plural: "persistentvolumes", Short: []string{"pv"}, Status: true, returnsObject: true},
		{Group: "apps", Version: "v1", Kind: "Deployment", Plural: "deployments", Short: []string{"deploy"}, Categories: all, Namespaced: true, Status: true},
		{Group: "apps", Version: "v1", Kind: "ReplicaSet", Plural: "replicasets", Short: []string{"rs"}, Categories: all, Namespaced: true, Status: true,
			Fields: []string{"status.replicas"}},
		{Group: "apps", Version: "v1", Kind: "StatefulSet", Plural: "statefulsets", Short: []string{"sts"}, Categories: all, Namespaced: true, Status: true},
		{Group: "apps", Version: "v1", Kind: "DaemonSet", Plural: "daemonsets", Short: []string{"ds"}, Categories: all, Namespaced: true, Status: true},
		{Group: "batch", Version: "v1", Kind: "Job", Plural: "jobs", Categories: all, Namespaced: true, Status: true, Fields: []string{"status.successful"}},
		{Group: "batch", Version: "v1", Kind: "CronJob", Plural: "cronjobs", Short: []string{"cj"}, Categories: all, Namespaced: true, Status: true},
		{Group: "policy", Version: "v1", Kind: "PodDisruptionBudget", Plural: "poddisruptionbudgets", Short: []string{"pdb"}, Namespaced: true, Status: true},
		{Group: "autoscaling", Version: "v2", Kind: "HorizontalPodAutoscaler", Plural: "horizontalpodautoscalers", Short: []string{"hpa"}, Categories: all, Namespaced: true, Status: true},
		{Group: "coordination.k8s.io", Version: "v1", Kind: "Lease", Plural: "leases", Namespaced: true},
		{Group: "discovery.k8s.io", Version: "v1", Kind: "EndpointSlice", Plural: "endpointslices", Namespaced: true},
		{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress", Plural: "ingresses", Short: []string{"ing"}, Namespaced: true, Status: true},
		{Group: "networking.k8s.io", Version: "v1", Kind: "IngressClass", Plural: "ingressclasses"},
		{Group: "networking.k8s.io", Version: "v1", Kind: "NetworkPolicy", Plural: "networkpolicies", Short: []string{"netpol"}, Namespaced: true},
		{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition", Plural: "customresourcedefinitions",
			Short: []string{"crd", "crds"}, Categories: []string{"api-extensions"}, Status: true},
	}
	for i := range resources {
		resources[i].builtin = true
	}
	return resources
}
