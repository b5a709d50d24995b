package kube

import (
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Pod is what is kept of a pod: small, so that a watch over 100,000 pods stays
// within tens of megabytes.
type Pod struct {
	Namespace, Name string
	UID             types.UID
	// Version orders what was seen of one pod: a larger one is newer.
	Version    uint64
	Node       string
	Phase      corev1.PodPhase
	Labels     map[string]string
	Owners     []metav1.OwnerReference
	Containers []Container
	// Deleting is set from the moment the deletion was asked for.
	Deleting bool
}

// Done reports whether the pod's containers have all ended for good.
func (p *Pod) Done() bool {
	return p.Phase == corev1.PodSucceeded || p.Phase == corev1.PodFailed
}

// Container returns the named container, nil when the pod has none of that name.
func (p *Pod) Container(name string) *Container {
	for i := range p.Containers {
		if p.Containers[i].Name == name {
			return &p.Containers[i]
		}
	}
	return nil
}

// ContainerKind tells init and ephemeral containers from regular ones.
type ContainerKind string

// The kinds of containers that a pod may have.
const (
	Regular   ContainerKind = "container"
	Init      ContainerKind = "init"
	Ephemeral ContainerKind = "ephemeral"
)

// ContainerState is a container's state as kubectl names it.
type ContainerState string

// The states of a container.
const (
	Waiting    ContainerState = "waiting"
	Running    ContainerState = "running"
	Terminated ContainerState = "terminated"
)

// Container is a container and the newest of its instances: each restart makes
// a new instance with its own ID and its own log.
type Container struct {
	Name  string
	Kind  ContainerKind
	State ContainerState
	// Reason says why it waits or ended: CrashLoopBackOff, OOMKilled, …
	Reason string
	// ID is the newest instance that has a log; empty before the first start.
	ID string
	// Restarts counts the instances before the newest one.
	Restarts int32
	// Ended says that the instance ID has ended, which is so in the state
	// waiting, too, between a crash and the next start.
	Ended bool
	// ExitCode and FinishedAt are of the instance ID, once it has ended.
	ExitCode   int32
	FinishedAt time.Time
	// PreviousID is the instance that a request for the previous log returns.
	PreviousID string
}

func newPod(p *corev1.Pod) *Pod {
	pod := &Pod{
		Namespace: p.Namespace, Name: p.Name, UID: p.UID, Version: version(p.ResourceVersion),
		Node: p.Spec.NodeName, Phase: p.Status.Phase,
		Labels: p.Labels, Owners: p.OwnerReferences,
		Deleting: p.DeletionTimestamp != nil,
	}
	for i := range p.Spec.InitContainers {
		name := p.Spec.InitContainers[i].Name
		pod.Containers = append(pod.Containers, newContainer(name, Init, p.Status.InitContainerStatuses))
	}
	for i := range p.Spec.Containers {
		name := p.Spec.Containers[i].Name
		pod.Containers = append(pod.Containers, newContainer(name, Regular, p.Status.ContainerStatuses))
	}
	for i := range p.Spec.EphemeralContainers {
		name := p.Spec.EphemeralContainers[i].Name
		pod.Containers = append(pod.Containers, newContainer(name, Ephemeral, p.Status.EphemeralContainerStatuses))
	}
	return pod
}

// version is a resourceVersion as the number that it is for every pod; clients
// may compare them since Kubernetes 1.35 (KEP-5504).
func version(resourceVersion string) uint64 {
	n, err := strconv.ParseUint(resourceVersion, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// newContainer reads a container's status by kubelet's own rule of which
// instance a log request gets (validateContainerLogStatus in
// pkg/kubelet/kubelet_pods.go): the running one, else the one that ended, else
// the one before it.
func newContainer(name string, kind ContainerKind, statuses []corev1.ContainerStatus) Container {
	c := Container{Name: name, Kind: kind, State: Waiting}
	for i := range statuses {
		s := &statuses[i]
		if s.Name != name {
			continue
		}
		c.Restarts = s.RestartCount
		last := s.LastTerminationState.Terminated
		if last != nil {
			c.PreviousID = last.ContainerID
		}
		if w := s.State.Waiting; w != nil {
			c.Reason = w.Reason
		}
		switch t := s.State.Terminated; {
		case s.State.Running != nil:
			c.State, c.ID = Running, s.ContainerID
		case t != nil:
			c.State, c.Reason = Terminated, t.Reason
			if t.ContainerID == "" && last != nil { // the newest instance never started
				t = last
			}
			c.ended(t)
		case last != nil:
			c.ended(last)
		}
	}
	return c
}

func (c *Container) ended(t *corev1.ContainerStateTerminated) {
	c.ID, c.Ended, c.ExitCode, c.FinishedAt = t.ContainerID, true, t.ExitCode, t.FinishedAt.Time
}
