package kubetest

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PodOption changes what Pod makes.
type PodOption func(*corev1.Pod)

// Pod makes a pod that runs: scheduled on "node-1", ready, every container
// running since now with an ID, containers "app" unless told.
func Pod(namespace, name string, opts ...PodOption) *corev1.Pod {
	now := metav1.Now()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, CreationTimestamp: now, Labels: map[string]string{}},
		Spec: corev1.PodSpec{
			NodeName: "node-1", RestartPolicy: corev1.RestartPolicyAlways, ServiceAccountName: "default", SchedulerName: "default-scheduler",
			TerminationGracePeriodSeconds: new(int64(30)),
			Containers:                    []corev1.Container{container("app")},
		},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, StartTime: &now, QOSClass: corev1.PodQOSBestEffort,
			HostIP: "10.0.0.1", PodIP: podIP(namespace, name),
		},
	}
	for _, t := range []corev1.PodConditionType{corev1.PodScheduled, corev1.PodInitialized, corev1.ContainersReady, corev1.PodReady} {
		pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{Type: t, Status: corev1.ConditionTrue, LastTransitionTime: now})
	}
	for _, set := range opts {
		set(pod)
	}
	if pod.Spec.NodeName != "" {
		fillStatuses(pod)
		return pod
	}
	pod.Status = corev1.PodStatus{Phase: corev1.PodPending, QOSClass: pod.Status.QOSClass, Conditions: []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, LastTransitionTime: now}}}
	return pod
}

func container(name string) corev1.Container {
	return corev1.Container{Name: name, Image: "registry.example/" + name + ":1", ImagePullPolicy: corev1.PullIfNotPresent}
}

// podIP makes an address of the pod's name, so that scripts are repeatable.
func podIP(namespace, name string) string {
	h := uint32(2166136261)
	for _, b := range []byte(namespace + "/" + name) {
		h = (h ^ uint32(b)) * 16777619
	}
	return fmt.Sprintf("10.%d.%d.%d", 64+h>>16&63, h>>8&255, 1+h%254)
}

// fillStatuses gives every container without a status one: running, or, for
// init containers, completed.
func fillStatuses(pod *corev1.Pod) {
	have := map[string]bool{}
	for _, st := range append(append([]corev1.ContainerStatus(nil), pod.Status.ContainerStatuses...), pod.Status.InitContainerStatuses...) {
		have[st.Name] = true
	}
	now := metav1.Now()
	if pod.Status.StartTime != nil {
		now = *pod.Status.StartTime
	}
	status := func(c corev1.Container) corev1.ContainerStatus {
		return corev1.ContainerStatus{Name: c.Name, Image: c.Image, ImageID: c.Image + "@sha256:" + randomHex(32), ContainerID: newContainerID(), Ready: true,
			Started: new(true), State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}}
	}
	for _, c := range pod.Spec.Containers {
		if !have[c.Name] {
			pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, status(c))
		}
	}
	for _, c := range pod.Spec.InitContainers {
		if have[c.Name] {
			continue
		}
		st := status(c)
		if c.RestartPolicy == nil { // not a sidecar
			st.Started = new(false)
			st.State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
				Reason: "Completed", StartedAt: now, FinishedAt: now, ContainerID: st.ContainerID}}
		}
		pod.Status.InitContainerStatuses = append(pod.Status.InitContainerStatuses, st)
	}
}

// WithContainers names the containers, instead of "app".
func WithContainers(names ...string) PodOption {
	return func(p *corev1.Pod) {
		p.Spec.Containers = nil
		for _, n := range names {
			p.Spec.Containers = append(p.Spec.Containers, container(n))
		}
	}
}

// WithInitContainers adds init containers that have completed.
func WithInitContainers(names ...string) PodOption {
	return func(p *corev1.Pod) {
		for _, n := range names {
			p.Spec.InitContainers = append(p.Spec.InitContainers, container(n))
		}
	}
}

// WithSidecars adds init containers with restartPolicy Always, which run
// beside the others.
func WithSidecars(names ...string) PodOption {
	return func(p *corev1.Pod) {
		for _, n := range names {
			c := container(n)
			c.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
			p.Spec.InitContainers = append(p.Spec.InitContainers, c)
		}
	}
}

// WithEphemeralContainers adds running ephemeral containers (kubectl debug).
func WithEphemeralContainers(names ...string) PodOption {
	return func(p *corev1.Pod) {
		for _, n := range names {
			c := corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: n, Image: "registry.example/" + n + ":1"}}
			p.Spec.EphemeralContainers = append(p.Spec.EphemeralContainers, c)
			p.Status.EphemeralContainerStatuses = append(p.Status.EphemeralContainerStatuses, corev1.ContainerStatus{Name: n, Image: c.Image,
				ContainerID: newContainerID(), State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}}})
		}
	}
}

// WithLabels adds labels, given as key, value, key, value.
func WithLabels(keysAndValues ...string) PodOption {
	return func(p *corev1.Pod) {
		for i := 0; i+1 < len(keysAndValues); i += 2 {
			p.Labels[keysAndValues[i]] = keysAndValues[i+1]
		}
	}
}

// WithAnnotations adds annotations, given as key, value, key, value.
func WithAnnotations(keysAndValues ...string) PodOption {
	return func(p *corev1.Pod) {
		for i := 0; i+1 < len(keysAndValues); i += 2 {
			metav1.SetMetaDataAnnotation(&p.ObjectMeta, keysAndValues[i], keysAndValues[i+1])
		}
	}
}

// WithOwner makes an object the pod's controller.
func WithOwner(apiVersion, kind, name, uid string) PodOption {
	return func(p *corev1.Pod) {
		p.OwnerReferences = append(p.OwnerReferences, ownerRef(apiVersion, kind, name, uid))
	}
}

// OnNode schedules the pod on a node; "" leaves it unscheduled and Pending.
func OnNode(name string) PodOption { return func(p *corev1.Pod) { p.Spec.NodeName = name } }

// WithWaiting makes every container wait to start for a reason like
// "ContainerCreating" or "ImagePullBackOff"; the pod is Pending. It comes after
// WithContainers. Container.Run starts one.
func WithWaiting(reason string) PodOption {
	return func(p *corev1.Pod) {
		p.Status.Phase = corev1.PodPending
		p.Status.ContainerStatuses = nil
		for _, c := range p.Spec.Containers {
			p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, corev1.ContainerStatus{Name: c.Name, Image: c.Image, Started: new(false),
				State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}})
		}
		for i := range p.Status.Conditions {
			if t := p.Status.Conditions[i].Type; t == corev1.PodReady || t == corev1.ContainersReady {
				p.Status.Conditions[i].Status = corev1.ConditionFalse
			}
		}
	}
}

// WithRestartPolicy sets the pod's restart policy; Always unless told.
func WithRestartPolicy(policy corev1.RestartPolicy) PodOption {
	return func(p *corev1.Pod) { p.Spec.RestartPolicy = policy }
}

// Created sets when the pod was made and its containers started.
func Created(t time.Time) PodOption {
	return func(p *corev1.Pod) {
		p.CreationTimestamp = metav1.NewTime(t)
		p.Status.StartTime = new(p.CreationTimestamp)
	}
}

// WithRequests sets what the first container asks for, like "100m", "64Mi".
func WithRequests(cpu, memory string) PodOption {
	return func(p *corev1.Pod) {
		p.Spec.Containers[0].Resources.Requests = corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
	}
}

// With changes the pod by f, for all that has no option of its own.
func With(f func(*corev1.Pod)) PodOption { return f }

func ownerRef(apiVersion, kind, name, uid string) metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: apiVersion, Kind: kind, Name: name, UID: uidOf(uid), Controller: new(true), BlockOwnerDeletion: new(true)}
}
