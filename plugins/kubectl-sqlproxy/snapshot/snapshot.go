package snapshot

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/keyfile"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/netpolicy"
)

// Snapshot is all that is known. Fill it with Add and its fields, then Close it.
type Snapshot struct {
	// Files says that it comes from files: what is not there may be there nevertheless.
	Files bool
	// Fallback is the namespace of objects in files that name none.
	Fallback string
	// Scope is the namespaces that are asked for; nil is all.
	Scope []string
	// Minor is the minor version of the cluster, 31 for 1.31; 0 is not known.
	Minor int

	// Workloads are those with a proxy in them, and all others, which may be clients.
	Workloads       []*Workload
	Pods            []*Pod
	Services        []*Item[corev1.Service]
	EndpointSlices  []*Item[EndpointSlice]
	Budgets         []*Item[policyv1.PodDisruptionBudget]
	Policies        []*Item[netpolicy.NetworkPolicy]
	Autoscalers     []*Item[Autoscaler]
	ServiceAccounts []*Item[corev1.ServiceAccount]
	ConfigMaps      []*Item[corev1.ConfigMap]
	Namespaces      []*Item[corev1.Namespace]
	Nodes           []*Item[corev1.Node]
	Secrets         []*Secret
	Events          []*Event
	// Injectors are the operator's AuthProxyWorkloads.
	Injectors []*Injector

	Logs   []*Log
	Probes []*Probe
	Tests  []*ConnectionTest

	// Missing is what could not be looked at, Problems what could not be read.
	Missing  []Missing
	Problems []Problem

	// Proxies are what Close finds, by namespace and name.
	Proxies []*Proxy

	dumped map[scope]bool
	events map[about][]*Event
	// seen is where an object of files was seen last.
	seen map[finding.Object]place
}

// Item is an object as the API has it, under the name that findings have for it.
type Item[T any] struct {
	finding.Object
	Value T
}

// Pod is a pod with a proxy in it, or one that nothing owns.
type Pod = Item[corev1.Pod]

// Secret is the shape of a Secret.
type Secret struct {
	finding.Object
	// Changed is when it was last written; zero is not known.
	Changed time.Time
	Keys    map[string]keyfile.Shape
}

// Event is one of the API's, about an object.
type Event struct {
	Kind, Namespace, Name string // what it is about
	Type, Reason, Message string
	Count                 int32
	Last                  time.Time
}

// Injector is an AuthProxyWorkload: it has the operator put a proxy into pods.
type Injector struct {
	finding.Object
	// Kind, Name and Labels select workloads.
	WorkloadKind, WorkloadName string
	Labels                     map[string]string
	Instances                  []string
}

// Log is lines of a proxy's container, without the time that the API puts in front.
type Log struct {
	Namespace, Pod, Container string
	Previous                  bool // of the run before
	// Lines are the first of the run and the last, in order.
	Lines []string
}

// Probe is what a look at a port of a proxy's pod, through a port-forward, has shown.
type Probe struct {
	Namespace, Pod string
	Port           int
	// Got is the engine that answered: mysql, postgres, sqlserver; "" is none.
	Got string
	// Text says more: the server's version, or the error.
	Text string
	// Cut says that the connection ended before any byte: the proxy does not reach the
	// instance.
	Cut bool
}

// ConnectionTest is what a throw-away pod with --run-connection-test has said.
type ConnectionTest struct {
	Workload finding.Object
	Passed   bool
	Lines    []string
}

// Missing is a kind of objects that could not be looked at.
type Missing struct {
	Kind, Resource string
	Namespace      string // "" is all
	Reason         string // a sentence
}

// Problem is an object that could not be read.
type Problem struct {
	finding.Object
	What, Text string
}

type scope struct{ kind, namespace string }

// about is the object of an event.
type about struct{ kind, namespace, name string }

// Presence says whether an object that was not found exists.
type Presence int

// What may be said of an object that was not found.
const (
	Gone       Presence = iota // it does not exist
	Unseen                     // nobody could look
	NotInFiles                 // it may exist in the cluster that the files are for
)

// Absence says what it means that an object was not found. Files tell only what is
// missing when they hold a dump: objects of the kind and the namespace that were in a
// cluster.
func (s *Snapshot) Absence(kind, namespace string) Presence {
	for _, p := range s.Problems {
		if p.Kind == kind && p.Namespace == namespace {
			return Unseen // it may be the one that could not be read
		}
	}
	if s.Files {
		if s.dumped[scope{kind, namespace}] {
			return Gone
		}
		return NotInFiles
	}
	for _, m := range s.Missing {
		if m.Kind == kind && (m.Namespace == "" || namespace == "" || m.Namespace == namespace) {
			return Unseen
		}
	}
	return Gone
}

// Find returns the item of a name; nil if there is none.
func Find[T any](all []*Item[T], namespace, name string) *Item[T] {
	for _, i := range all {
		if i.Namespace == namespace && i.Name == name {
			return i
		}
	}
	return nil
}

// EventsOf are the events about an object, the oldest first, after Close.
func (s *Snapshot) EventsOf(kind, namespace, name string) []*Event {
	return s.events[about{kind, namespace, name}]
}
