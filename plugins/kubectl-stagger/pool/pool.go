package pool

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Snapshot is a pool and what surrounds it, as of one moment.
type Snapshot struct {
	// Name is the pool's, or the label selector's where the nodes are no pool.
	Name string
	// Label is the label whose value Name is; empty for a selector.
	Label string
	// Platform is where the nodes run.
	Platform Platform
	TakenAt  time.Time

	Nodes []Node // of the pool, by name
	// Elsewhere are the cluster's other nodes, by name.
	Elsewhere []Node
	Workloads []Workload
	// Pods are those on the pool's nodes that have not ended, by node.
	Pods    []Pod
	Budgets []Budget
	// PodsUnseen and BudgetsUnseen are whether they may not be listed, so that none are
	// known.
	PodsUnseen, BudgetsUnseen bool
	// Missing is what could not be looked at, in whole sentences.
	Missing []string
}

// Node is a node and the machine behind it.
type Node struct {
	Name     string
	Pool     string // the value of the pool label; empty when it has none
	Machine  Machine
	Created  time.Time // of the Node object, which may be older than the machine
	Start    Start
	Lifetime Lifetime
	// MaxAge is how long the platform lets this machine live; 0 is not known, or
	// for ever.
	MaxAge        time.Duration
	Ready         bool
	Unschedulable bool
	Taints        []corev1.Taint
	Labels        map[string]string
	// Annotations are those of this suite, and those that name a Machine of Cluster API.
	Annotations map[string]string
	// Allocatable and Requested are of the kinds that fallback is judged by.
	Allocatable, Requested Resources
}

// Machine tells one VM from the next under the same node name: a VM that is made
// anew has another UID, boot ID or instance ID, though not all need to change. It is
// what the Node object shows, so that two sightings can be compared whoever can ask
// the cloud.
type Machine struct {
	ProviderID string    `json:"providerID,omitempty"` // spec.providerID; names the VM, but stays the same
	UID        types.UID `json:"uid,omitempty"`        // of the Node object
	BootID     string    `json:"bootID,omitempty"`     // status.nodeInfo.bootID; made by the kernel
	InstanceID string    `json:"instanceID,omitempty"` // as GKE annotates it; empty where it is not known
}

// Same reports whether two sightings are of one machine. An instance ID or a boot ID
// that has changed means another one, whatever the Node object says, since it may
// outlive its machine. Only where neither is known on both sides does the UID of
// the Node object decide.
func (m Machine) Same(n Machine) bool {
	known := func(a, b string) bool { return a != "" && b != "" }
	instance, boot := known(m.InstanceID, n.InstanceID), known(m.BootID, n.BootID)
	if instance && m.InstanceID != n.InstanceID || boot && m.BootID != n.BootID {
		return false
	}
	return instance || boot || m.UID == n.UID
}

// Start is when a machine started, and how that is known.
type Start struct {
	At     time.Time // zero where it is not known
	Source Source
}

// Source says where the time of a start comes from, the most trustworthy first.
type Source string

// The sources. All but the first are of Kubernetes, which may not have noticed that
// a machine was made anew under the same name.
const (
	FromCloud      Source = "cloud"      // the cloud's own record of the VM
	FromNodeClaim  Source = "nodeclaim"  // Karpenter's NodeClaim
	FromMachine    Source = "machine"    // Cluster API's Machine
	FromNode       Source = "node"       // the Node object, younger than a machine can be
	FromReady      Source = "ready"      // estimated: since when the node is Ready
	FromContainers Source = "containers" // estimated: the oldest running container
	Unknown        Source = "unknown"    // it may die at any time
)

// Estimated reports whether the start may be a good while before or after.
func (s Source) Estimated() bool { return s == FromReady || s == FromContainers }

// Lifetime is how the cloud ends a machine.
type Lifetime string

// The lifetimes.
const (
	Preemptible Lifetime = "preemptible" // at any time, and at a certain age for sure
	Spot        Lifetime = "spot"        // at any time, at no certain age
	Expiring    Lifetime = "expiring"    // at a certain age (Karpenter's expireAfter)
	Permanent   Lifetime = "permanent"   // never by itself, as far as is known
)

// Resources are amounts that pods ask for.
type Resources struct {
	MilliCPU int64
	Memory   int64 // bytes
	Pods     int64
}

// Owner is what makes a pod anew elsewhere when it is deleted: the workload, not
// its ReplicaSet.
type Owner struct {
	APIVersion, Kind, Namespace, Name string
}

// Workload is an owner of pods, and the template of its pods as one pod shows it.
type Workload struct {
	Owner
	// Desired is how many replicas are wanted; -1 where it is not known.
	Desired int
	// Ready are its ready pods in the whole cluster, InPool those of them in the pool.
	Ready, InPool int
	Tolerations   []corev1.Toleration
	NodeSelector  map[string]string
	Affinity      *corev1.NodeAffinity
	Requests      Resources     // of one pod
	Grace         time.Duration // terminationGracePeriodSeconds
}

// Pod is a pod on one of the pool's nodes.
type Pod struct {
	Namespace, Name string
	Node            int // index into Snapshot.Nodes
	Workload        int // index into Snapshot.Workloads; -1 where nobody would make it anew
	Ready           bool
	Daemon          bool  // of a DaemonSet
	Mirror          bool  // of a file on the node
	Budgets         []int // indices into Snapshot.Budgets of those that select it
}

// Budget is a PodDisruptionBudget.
type Budget struct {
	Namespace, Name string
	// MinAvailable and MaxUnavailable are as written; one of them is empty.
	MinAvailable, MaxUnavailable string
	// Expected, Healthy, Wanted and Allowed are the pods that its status counts.
	Expected, Healthy, Wanted, Allowed int
	// AlwaysAllow is whether pods that are not ready may always be evicted.
	AlwaysAllow bool
	// Observed is whether the status is of the current spec.
	Observed bool
}

// Platform is where nodes run.
type Platform struct {
	// Name is for people: "GKE".
	Name string
	// PoolLabels are the label keys that name a node's pool, today's first.
	PoolLabels []string
}
