package collect

import (
	"encoding/json"
	"slices"
)

// resource is a kind of objects that is listed.
type resource struct {
	group, plural, kind string
	// versions are those that can be read; the server's own preference comes first.
	versions []string
	// labels and fields narrow the list.
	labels, fields string
	page           int64
	clusterWide    bool // its objects are in no namespace
	// optional says that a server without the resource lacks nothing.
	optional bool
	// keep returns what stays of an object, nil for nothing; a nil keep is all.
	keep func(json.RawMessage) json.RawMessage
	// enough says after each object whether no more are needed; nil is never.
	enough func() bool
}

// What pods and ReplicaSets have on them that a controller has made. There is no field
// selector for those that nothing owns, and to read all pods for a few bare ones would
// be ten times the work of all else.
const (
	ofNoDeployment = "!pod-template-hash"
	ofNoController = ofNoDeployment + ",!controller-revision-hash,!job-name,!batch.kubernetes.io/job-name"
)

// listed are the resources that are read in all namespaces that are asked for.
func listed() []resource {
	apps := []string{"v1"}
	return []resource{
		{group: "apps", plural: "deployments", kind: "Deployment", versions: apps, keep: keepWorkload},
		{group: "apps", plural: "statefulsets", kind: "StatefulSet", versions: apps, keep: keepWorkload},
		{group: "apps", plural: "daemonsets", kind: "DaemonSet", versions: apps, keep: keepWorkload},
		{group: "apps", plural: "replicasets", kind: "ReplicaSet", versions: apps, labels: ofNoDeployment, keep: keepWorkload},
		{group: "batch", plural: "jobs", kind: "Job", versions: []string{"v1"}, keep: keepWorkload},
		{group: "batch", plural: "cronjobs", kind: "CronJob", versions: []string{"v1", "v1beta1"}, keep: keepWorkload},
		{plural: "pods", kind: "Pod", labels: ofNoController, keep: keepBare},
		{plural: "services", kind: "Service"},
		{group: "policy", plural: "poddisruptionbudgets", kind: "PodDisruptionBudget", versions: []string{"v1", "v1beta1"}},
		{group: "networking.k8s.io", plural: "networkpolicies", kind: "NetworkPolicy", versions: []string{"v1"}},
		{group: "autoscaling", plural: "horizontalpodautoscalers", kind: "HorizontalPodAutoscaler", versions: []string{"v2", "v2beta2", "v1"}, optional: true},
		{group: "cloudsql.cloud.google.com", plural: "authproxyworkloads", kind: "AuthProxyWorkload", optional: true},
	}
}

// candidates are the versions to ask for, of those that the server serves; none when it
// serves none. A server's versions are known by group only, so one may lack the
// resource.
func (r *resource) candidates(groups map[string][]string) []string {
	if r.group == "" {
		return []string{"v1"}
	}
	served := groups[r.group]
	if len(r.versions) == 0 {
		return served
	}
	var all []string
	for _, v := range served {
		if slices.Contains(r.versions, v) {
			all = append(all, v)
		}
	}
	return all
}

// name is the resource's for people and for kubectl.
func (r *resource) name() string {
	if r.group == "" {
		return r.plural
	}
	return r.plural + "." + r.group
}
