package kubetest

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

// podColumns are the columns of kubectl get pods.
func podColumns() (middle, wide []column) {
	cell := func(f func(*corev1.Pod) any) func(*object) any {
		return func(o *object) any {
			pod := &corev1.Pod{}
			if fromMap(o.data, pod) != nil {
				return "<invalid>"
			}
			return f(pod)
		}
	}
	middle = []column{
		{name: "Ready", cell: cell(func(p *corev1.Pod) any { return podReady(p) })},
		{name: "Status", cell: cell(func(p *corev1.Pod) any { return podStatus(p) })},
		{name: "Restarts", cell: cell(func(p *corev1.Pod) any { return podRestarts(p) })},
	}
	wide = []column{
		stringColumn("IP", "status", "podIP"),
		stringColumn("Node", "spec", "nodeName"),
		stringColumn("Nominated Node", "status", "nominatedNodeName"),
		{name: "Readiness Gates", cell: func(*object) any { return "<none>" }},
	}
	for i := range wide {
		wide[i].wide = true
	}
	return middle, wide
}

// sidecars are the names of the init containers that keep running.
func sidecars(p *corev1.Pod) map[string]bool {
	out := map[string]bool{}
	for _, c := range p.Spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			out[c.Name] = true
		}
	}
	return out
}

func podReady(p *corev1.Pod) string {
	side := sidecars(p)
	ready := 0
	for _, st := range p.Status.ContainerStatuses {
		if st.Ready && st.State.Running != nil {
			ready++
		}
	}
	for _, st := range p.Status.InitContainerStatuses {
		if side[st.Name] && st.Ready {
			ready++
		}
	}
	return sprintf("%d/%d", ready, len(p.Spec.Containers)+len(side))
}

func podRestarts(p *corev1.Pod) string {
	side := sidecars(p)
	restarts, last := int32(0), time.Time{}
	count := func(st corev1.ContainerStatus) {
		restarts += st.RestartCount
		if t := st.LastTerminationState.Terminated; t != nil && t.FinishedAt.After(last) {
			last = t.FinishedAt.Time
		}
	}
	for _, st := range p.Status.ContainerStatuses {
		count(st)
	}
	for _, st := range p.Status.InitContainerStatuses {
		if side[st.Name] {
			count(st)
		}
	}
	if restarts == 0 || last.IsZero() {
		return sprintf("%d", restarts)
	}
	return sprintf("%d (%s ago)", restarts, since(last.Format(time.RFC3339)))
}

// podStatus is the STATUS column: what is wrong first, else the phase.
func podStatus(p *corev1.Pod) string {
	done := p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
	if p.DeletionTimestamp != nil && !done {
		return "Terminating"
	}
	side := sidecars(p)
	for i, st := range p.Status.InitContainerStatuses {
		if s := initStatus(i, len(p.Spec.InitContainers), st, side[st.Name]); s != "" {
			return s
		}
	}
	reason := string(p.Status.Phase)
	if p.Status.Reason != "" {
		reason = p.Status.Reason
	}
	running, failed := false, ""
	for _, st := range slices.Backward(p.Status.ContainerStatuses) {
		switch {
		case st.State.Waiting != nil && st.State.Waiting.Reason != "":
			reason = st.State.Waiting.Reason
		case st.State.Terminated != nil:
			reason = endReason(st.State.Terminated)
			if st.State.Terminated.ExitCode != 0 {
				failed = reason
			}
		case st.Ready && st.State.Running != nil:
			running = true
		}
	}
	switch {
	case reason == "Completed" && running && isReady(p):
		return "Running"
	case reason == "Completed" && failed != "":
		return failed
	case reason == "Completed" && running:
		return "NotReady"
	}
	return reason
}

func endReason(t *corev1.ContainerStateTerminated) string {
	switch {
	case t.Reason != "":
		return t.Reason
	case t.Signal != 0:
		return sprintf("Signal:%d", t.Signal)
	}
	return sprintf("ExitCode:%d", t.ExitCode)
}

// initStatus is the STATUS that an init container imposes; "" for one that is
// done or runs as a sidecar.
func initStatus(i, n int, st corev1.ContainerStatus, sidecar bool) string {
	switch {
	case st.State.Terminated != nil && st.State.Terminated.ExitCode == 0:
		return ""
	case sidecar && st.Started != nil && *st.Started:
		return ""
	case st.State.Terminated != nil:
		return "Init:" + endReason(st.State.Terminated)
	case st.State.Waiting != nil && st.State.Waiting.Reason != "" && st.State.Waiting.Reason != "PodInitializing":
		return "Init:" + st.State.Waiting.Reason
	}
	return sprintf("Init:%d/%d", i, n)
}
