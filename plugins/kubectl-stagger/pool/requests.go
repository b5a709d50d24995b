package pool

import (
	corev1 "k8s.io/api/core/v1"
)

// amounts are those of a list that fallback is judged by.
func amounts(list corev1.ResourceList) Resources {
	var r Resources
	if q, ok := list[corev1.ResourceCPU]; ok {
		r.MilliCPU = q.MilliValue()
	}
	if q, ok := list[corev1.ResourceMemory]; ok {
		r.Memory = q.Value()
	}
	if q, ok := list[corev1.ResourcePods]; ok {
		r.Pods = q.Value()
	}
	return r
}

func (r Resources) plus(s Resources) Resources {
	return Resources{r.MilliCPU + s.MilliCPU, r.Memory + s.Memory, r.Pods + s.Pods}
}

func (r Resources) atLeast(s Resources) Resources {
	return Resources{max(r.MilliCPU, s.MilliCPU), max(r.Memory, s.Memory), max(r.Pods, s.Pods)}
}

// requestsOf is what the scheduler reserves for a pod: its containers and sidecars
// together, or what it takes to start if that is more, and the overhead. Sidecars
// are init containers that go on; the init containers after one run beside it
// (KEP-753). What the pod as a whole requests counts in place of its containers'
// (KEP-2837).
func requestsOf(spec *corev1.PodSpec) Resources {
	var running, sidecars, starting Resources
	for i := range spec.Containers {
		running = running.plus(amounts(spec.Containers[i].Resources.Requests))
	}
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		needs := amounts(c.Resources.Requests)
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			sidecars = sidecars.plus(needs)
			needs = Resources{}
		}
		starting = starting.atLeast(sidecars.plus(needs))
	}
	total := running.plus(sidecars).atLeast(starting)
	if spec.Resources != nil {
		whole := amounts(spec.Resources.Requests)
		if whole.MilliCPU > 0 {
			total.MilliCPU = whole.MilliCPU
		}
		if whole.Memory > 0 {
			total.Memory = whole.Memory
		}
	}
	total = total.plus(amounts(spec.Overhead))
	total.Pods = 1
	return total
}
