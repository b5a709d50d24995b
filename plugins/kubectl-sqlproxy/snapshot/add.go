package snapshot

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/manifest"
)

// Place is where in a file an object stands.
type Place struct {
	File string
	Line int
}

// Add takes an object as JSON. apiVersion and kind are what it is, which an item of a
// list does not say itself. Kinds that say nothing of proxies are passed over. Of objects
// that are added twice the last counts, and unless it is the same one of a cluster, that
// is a problem.
func (s *Snapshot) Add(apiVersion, kind string, raw []byte, at Place) {
	if !concerns(apiVersion, kind) {
		return
	}
	var meta struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
	}
	o := finding.Object{APIVersion: apiVersion, Kind: kind, File: at.File, Line: at.Line}
	if err := manifest.Decode(raw, &meta); err != nil {
		s.refuse(o, err)
		return
	}
	o.Namespace, o.Name = meta.Metadata.Namespace, meta.Metadata.Name
	if o.Namespace == "" && !clusterWide(kind) {
		o.Namespace = s.Fallback
	}
	if meta.Metadata.UID != "" {
		if s.dumped == nil {
			s.dumped = map[scope]bool{}
		}
		s.dumped[scope{kind, o.Namespace}] = true
	}
	if err := s.take(o, &meta.Metadata, raw); err != nil {
		s.refuse(o, err)
		return
	}
	s.tell(o, meta.Metadata.UID)
}

// tell says of an object in files that another document is the same object.
func (s *Snapshot) tell(o finding.Object, uid types.UID) {
	if !s.Files || o.Kind == "Event" || o.Name == "" {
		return
	}
	if s.seen == nil {
		s.seen = map[finding.Object]place{}
	}
	name := finding.Object{Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}
	before, twice := s.seen[name]
	s.seen[name] = place{o.File, o.Line, uid}
	if twice && (uid == "" || uid != before.uid) {
		s.Problems = append(s.Problems, Problem{
			Object: o, What: "The object is there twice, and this one counts, as it is the last.",
			Text: fmt.Sprintf("the other is at %s:%d", before.file, before.line),
		})
	}
}

// place is where an object of a name was last seen.
type place struct {
	file string
	line int
	uid  types.UID
}

// groups are the API groups of each kind that says something of proxies. Others have
// kinds of the same names: a Service of Knative, a Job of Volcano.
func groups() map[string][]string {
	apps := []string{"apps", "extensions"}
	return map[string][]string{
		"Deployment": apps, "DaemonSet": apps, "ReplicaSet": apps, "StatefulSet": apps,
		"Job": {"batch"}, "CronJob": {"batch"},
		"Pod": {""}, "Service": {""}, "ServiceAccount": {""}, "ConfigMap": {""}, "Namespace": {""}, "Node": {""}, "Secret": {""},
		"Event":                   {"", "events.k8s.io"},
		"EndpointSlice":           {"discovery.k8s.io"},
		"PodDisruptionBudget":     {"policy"},
		"NetworkPolicy":           {"networking.k8s.io", "extensions"},
		"HorizontalPodAutoscaler": {"autoscaling"},
		"AuthProxyWorkload":       {"cloudsql.cloud.google.com"},
	}
}

func concerns(apiVersion, kind string) bool {
	group, _, ok := strings.Cut(apiVersion, "/")
	if !ok {
		group = ""
	}
	return slices.Contains(groups()[kind], group)
}

func clusterWide(kind string) bool { return kind == "Node" || kind == "Namespace" }

func (s *Snapshot) refuse(o finding.Object, err error) {
	s.Problems = append(s.Problems, Problem{Object: o, What: "The object cannot be read, so what it says is not checked.", Text: err.Error()})
}

func (s *Snapshot) take(o finding.Object, meta *metav1.ObjectMeta, raw []byte) error {
	if add, ok := workloads()[o.Kind]; ok {
		return add(s, o, raw)
	}
	switch o.Kind {
	case "Service":
		return into(&s.Services, o, raw)
	case "EndpointSlice":
		return into(&s.EndpointSlices, o, raw)
	case "PodDisruptionBudget":
		return into(&s.Budgets, o, raw)
	case "NetworkPolicy":
		return into(&s.Policies, o, raw)
	case "HorizontalPodAutoscaler":
		return into(&s.Autoscalers, o, raw)
	case "ServiceAccount":
		return into(&s.ServiceAccounts, o, raw)
	case "ConfigMap":
		return into(&s.ConfigMaps, o, raw)
	case "Namespace":
		return into(&s.Namespaces, o, raw)
	case "Node":
		return into(&s.Nodes, o, raw)
	case "Secret":
		return s.addSecret(o, meta, raw)
	case "Event":
		return s.addEvent(raw)
	case "AuthProxyWorkload":
		return s.addInjector(o, raw)
	}
	return nil
}

// into adds an object as its Go type has it.
func into[T any](all *[]*Item[T], o finding.Object, raw []byte) error {
	item := &Item[T]{Object: o}
	if err := manifest.Decode(raw, &item.Value); err != nil {
		return err
	}
	*all = append(*all, item)
	return nil
}
