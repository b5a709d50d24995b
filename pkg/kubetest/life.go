package kubetest

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Terminate ends the container: its log streams end when they have sent all,
// and the pod's status says so. The pod's phase follows its restart policy.
func (c *Container) Terminate(exitCode int) {
	id, started := c.stopRun()
	c.editStatus(func(pod *corev1.Pod, st *corev1.ContainerStatus) {
		st.State = corev1.ContainerState{Terminated: terminated(id, exitCode, started, st)}
		st.Ready, st.Started = false, new(bool)
		settlePhase(pod)
	})
}

// Restart is the kubelet's restart of a container that ended: the log so far
// is the previous one from now on (there is only one previous log), a new
// instance with an empty log runs, restartCount is one more.
func (c *Container) Restart(exitCode int) { c.RestartQuietly(exitCode)() }

// RestartQuietly is Restart with a status that lags, as a real kubelet's does:
// the logs switch at once, the pod's status when publish is called.
func (c *Container) RestartQuietly(exitCode int) (publish func()) {
	id, started := c.stopRun()
	next := newContainerID()
	c.mu.Lock()
	c.switchRun(next)
	c.startedAt = time.Now()
	c.mu.Unlock()
	return func() {
		c.editStatus(func(pod *corev1.Pod, st *corev1.ContainerStatus) {
			st.LastTerminationState = corev1.ContainerState{Terminated: terminated(id, exitCode, started, st)}
			run(st, next)
			settlePhase(pod)
		})
	}
}

// Crash ends the container and leaves it waiting in CrashLoopBackOff. Its log
// is served both as present and as previous, until Recover.
func (c *Container) Crash(exitCode int) {
	id, started := c.stopRun()
	c.mu.Lock()
	c.crashed = true
	c.mu.Unlock()
	c.editStatus(func(pod *corev1.Pod, st *corev1.ContainerStatus) {
		st.LastTerminationState = corev1.ContainerState{Terminated: terminated(id, exitCode, started, st)}
		st.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{
			Reason:  "CrashLoopBackOff",
			Message: sprintf("back-off 10s restarting failed container=%s pod=%s_%s(%s)", c.name, c.pod, c.namespace, pod.UID),
		}}
		st.Ready, st.Started = false, new(bool)
		settlePhase(pod)
	})
}

// Recover starts a container again after Crash or Terminate.
func (c *Container) Recover() {
	next := newContainerID()
	c.mu.Lock()
	c.switchRun(next)
	c.startedAt = time.Now()
	c.mu.Unlock()
	c.editStatus(func(pod *corev1.Pod, st *corev1.ContainerStatus) {
		if st.State.Terminated != nil {
			st.LastTerminationState = st.State
		}
		run(st, next)
		settlePhase(pod)
	})
}

// Run starts a container that waits to start (a pod made with ContainerCreating
// or an image that could not be pulled).
func (c *Container) Run() {
	id := newContainerID()
	c.mu.Lock()
	if c.run.id == "" {
		c.run.id, c.seen[id] = id, true
	} else {
		id = c.run.id
	}
	c.startedAt = time.Now()
	c.mu.Unlock()
	c.editStatus(func(pod *corev1.Pod, st *corev1.ContainerStatus) {
		restarts := st.RestartCount
		run(st, id)
		st.RestartCount = restarts
		settlePhase(pod)
	})
}

func run(st *corev1.ContainerStatus, id string) {
	yes := true
	st.ContainerID, st.Ready, st.Started = id, true, &yes
	st.RestartCount++
	st.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}}
}

func (c *Container) stopRun() (id string, started time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run.ended = true
	c.wake()
	return c.run.id, c.startedAt
}

func terminated(id string, exitCode int, started time.Time, st *corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	t := &corev1.ContainerStateTerminated{ExitCode: int32(exitCode), Reason: "Completed", FinishedAt: metav1.Now(), ContainerID: id}
	if exitCode != 0 {
		t.Reason = "Error"
	}
	switch {
	case st.State.Running != nil:
		t.StartedAt = st.State.Running.StartedAt
	case !started.IsZero():
		t.StartedAt = metav1.NewTime(started)
	}
	return t
}

// editStatus changes the container's status in its pod. A pod that is not
// there stays so.
func (c *Container) editStatus(edit func(*corev1.Pod, *corev1.ContainerStatus)) {
	err := c.srv.EditPod(c.namespace, c.pod, func(pod *corev1.Pod) {
		for _, list := range [][]corev1.ContainerStatus{pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses, pod.Status.EphemeralContainerStatuses} {
			for i := range list {
				if list[i].Name == c.name {
					edit(pod, &list[i])
				}
			}
		}
	})
	if !isNotFound(err) {
		c.srv.Must(err)
	}
}

// settlePhase makes phase and conditions agree with the containers, as the
// kubelet's getPhase does.
func settlePhase(pod *corev1.Pod) {
	running, waiting, failed, ready := 0, 0, 0, 0
	for _, st := range pod.Status.ContainerStatuses {
		switch {
		case st.State.Running != nil:
			running++
		case st.State.Terminated != nil:
			if st.State.Terminated.ExitCode != 0 {
				failed++
			}
		case st.LastTerminationState.Terminated == nil:
			waiting++
		}
		if st.Ready {
			ready++
		}
	}
	policy := pod.Spec.RestartPolicy
	always := policy == "" || policy == corev1.RestartPolicyAlways
	switch {
	case waiting > 0:
		pod.Status.Phase = corev1.PodPending
	case running > 0 || always || (failed > 0 && policy == corev1.RestartPolicyOnFailure):
		pod.Status.Phase = corev1.PodRunning
	case failed > 0:
		pod.Status.Phase = corev1.PodFailed
	default:
		pod.Status.Phase = corev1.PodSucceeded
	}
	isReady := ready == len(pod.Status.ContainerStatuses) && ready > 0
	for i := range pod.Status.Conditions {
		cond := &pod.Status.Conditions[i]
		if cond.Type == corev1.PodReady || cond.Type == corev1.ContainersReady {
			setCondition(cond, isReady)
		}
	}
}

func setCondition(c *corev1.PodCondition, yes bool) {
	want := corev1.ConditionFalse
	if yes {
		want = corev1.ConditionTrue
	}
	if c.Status != want {
		c.Status, c.LastTransitionTime = want, metav1.Now()
	}
}
