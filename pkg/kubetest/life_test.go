package kubetest

import (
	"bufio"
	"fmt"
	"io"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestRestartKeepsOnePreviousLog(t *testing.T) {
	s, c := web0(t)
	for i := range 3 {
		c.Write(fmt.Sprintf("run %d", i))
		if i < 2 {
			first := c.ID()
			c.Restart(1)
			pod, err := s.GetPod("shop", "web-0")
			s.Must(err)
			st := pod.Status.ContainerStatuses[0]
			if st.RestartCount != int32(i+1) || st.ContainerID == first || st.LastTerminationState.Terminated.ContainerID != first || st.State.Running == nil {
				t.Errorf("status %+v", st)
			}
		}
	}
	if got := readLog(t, s, &corev1.PodLogOptions{}); got != "run 2\n" {
		t.Errorf("present: %q", got)
	}
	if got := readLog(t, s, &corev1.PodLogOptions{Previous: true}); got != "run 1\n" {
		t.Errorf("previous: %q", got)
	}
}

func TestAQuietRestartIsSeenInTheLogFirst(t *testing.T) {
	s, c := web0(t)
	c.Write("old")
	r := bufio.NewReader(openLog(t, s, &corev1.PodLogOptions{Follow: true}))
	wantLine(t, r, "old")
	publish := c.RestartQuietly(1)
	c.Write("new")
	if _, err := r.ReadByte(); err != io.EOF {
		t.Errorf("the old stream: %v", err)
	}
	restarts := func() int32 {
		pod, err := s.GetPod("shop", "web-0")
		s.Must(err)
		return pod.Status.ContainerStatuses[0].RestartCount
	}
	if got := readLog(t, s, &corev1.PodLogOptions{}); got != "new\n" || restarts() != 0 {
		t.Errorf("before: %q, %d restarts", got, restarts())
	}
	// Another write to the pod must not undo it.
	s.Must(s.EditPod("shop", "web-0", func(p *corev1.Pod) { p.Labels = map[string]string{"a": "b"} }))
	publish()
	if got := readLog(t, s, &corev1.PodLogOptions{}); got != "new\n" || restarts() != 1 {
		t.Errorf("after: %q, %d restarts", got, restarts())
	}
}

func TestCrashLoop(t *testing.T) {
	s, c := web0(t)
	c.Write("panic")
	c.Crash(2)
	for _, previous := range []bool{false, true} {
		if got := readLog(t, s, &corev1.PodLogOptions{Previous: previous}); got != "panic\n" {
			t.Errorf("previous %v: %q", previous, got)
		}
	}
	pod, err := s.GetPod("shop", "web-0")
	s.Must(err)
	if w := pod.Status.ContainerStatuses[0].State.Waiting; w == nil || w.Reason != "CrashLoopBackOff" || podStatus(pod) != "CrashLoopBackOff" {
		t.Errorf("status %+v", pod.Status)
	}
	c.Recover()
	c.Write("again")
	if got := readLog(t, s, &corev1.PodLogOptions{}); got != "again\n" {
		t.Errorf("recovered: %q", got)
	}
}

func TestAContainerThatBeginsToRun(t *testing.T) {
	s, c := web0(t, WithWaiting("ContainerCreating"))
	c.Run()
	c.Write("here")
	if got := readLog(t, s, &corev1.PodLogOptions{}); got != "here\n" {
		t.Errorf("got %q", got)
	}
	if pod, err := s.GetPod("shop", "web-0"); err != nil || pod.Status.Phase != corev1.PodRunning || pod.Status.ContainerStatuses[0].RestartCount != 0 || !isReady(pod) {
		t.Errorf("pod %+v, %v", pod.Status, err)
	}
}

func TestDeletionEndsLogStreams(t *testing.T) {
	s, c := web0(t)
	c.Write("one")
	r := bufio.NewReader(openLog(t, s, &corev1.PodLogOptions{Follow: true}))
	wantLine(t, r, "one")
	c.Write("last")
	s.Must(s.DeletePod("shop", "web-0"))
	if rest, err := io.ReadAll(r); string(rest) != "last\n" || err != nil {
		t.Errorf("got %q, %v", rest, err)
	}
	// The next pod of that name has a log of its own.
	s.Must(s.Create(Pod("shop", "web-0")))
	if got := readLog(t, s, &corev1.PodLogOptions{}); got != "" {
		t.Errorf("the successor's log: %q", got)
	}
}

func TestStatusUpdatesMoveTheLog(t *testing.T) {
	s, c := web0(t)
	c.Write("one")
	s.Must(s.EditPod("shop", "web-0", func(p *corev1.Pod) {
		st := &p.Status.ContainerStatuses[0]
		st.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{ContainerID: st.ContainerID}
		st.ContainerID = "containerd://new"
		st.RestartCount++
	}))
	c.Write("two")
	if got := readLog(t, s, &corev1.PodLogOptions{Previous: true}) + readLog(t, s, &corev1.PodLogOptions{}); got != "one\ntwo\n" {
		t.Errorf("got %q", got)
	}
}

// TestALogWithoutItsPod: the script may write a log first; what needs the pod
// says so or does nothing.
func TestALogWithoutItsPod(t *testing.T) {
	s := Start(t)
	c := s.Container("shop", "web-0", "app")
	c.Write("early")
	c.Restart(1)
	if err := s.EditPod("shop", "web-0", func(*corev1.Pod) {}); !isNotFound(err) {
		t.Errorf("editing a pod that is not there: %v", err)
	}
	c.Write("late")
	s.Must(s.Create(Pod("shop", "web-0")))
	if got := readLog(t, s, &corev1.PodLogOptions{}); got != "late\n" {
		t.Errorf("got %q", got)
	}
}
