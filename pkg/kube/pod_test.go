package kube

import (
	"reflect"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var (
	finished = metav1.NewTime(time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC))
	earlier  = metav1.NewTime(finished.Add(-time.Hour))
)

func runs() corev1.ContainerState {
	return corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: finished}}
}

func waits(reason string) corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
}

func hasEnded(id string, code int32, reason string, at metav1.Time) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ContainerID: id, ExitCode: code, Reason: reason, FinishedAt: at}}
}

// Which instance a log request gets is kubelet's decision; these are its rules
// (validateContainerLogStatus in pkg/kubelet/kubelet_pods.go).
func TestNewContainer(t *testing.T) {
	app := func(c Container) Container {
		c.Name, c.Kind = "app", Regular
		return c
	}
	for _, test := range []struct {
		name   string
		status *corev1.ContainerStatus
		want   Container
	}{
		{"no status yet", nil, app(Container{State: Waiting})},
		{"an empty status", &corev1.ContainerStatus{}, app(Container{State: Waiting})},
		{"never started", &corev1.ContainerStatus{State: waits("ImagePullBackOff")},
			app(Container{State: Waiting, Reason: "ImagePullBackOff"})},
		{"running", &corev1.ContainerStatus{ContainerID: "c1", State: runs()},
			app(Container{State: Running, ID: "c1"})},
		{"running again", &corev1.ContainerStatus{ContainerID: "c2", RestartCount: 1, State: runs(), LastTerminationState: hasEnded("c1", 1, "Error", earlier)},
			app(Container{State: Running, ID: "c2", Restarts: 1, PreviousID: "c1"})},
		{"crash loop: the instance that ended is the newest with a log",
			&corev1.ContainerStatus{ContainerID: "c2", RestartCount: 2, State: waits("CrashLoopBackOff"), LastTerminationState: hasEnded("c2", 137, "OOMKilled", finished)},
			app(Container{State: Waiting, Reason: "CrashLoopBackOff", ID: "c2", Restarts: 2, Ended: true, ExitCode: 137, FinishedAt: finished.Time, PreviousID: "c2"})},
		{"ended", &corev1.ContainerStatus{ContainerID: "c1", State: hasEnded("c1", 3, "Error", finished)},
			app(Container{State: Terminated, Reason: "Error", ID: "c1", Ended: true, ExitCode: 3, FinishedAt: finished.Time})},
		{"ended again", &corev1.ContainerStatus{ContainerID: "c2", RestartCount: 1, State: hasEnded("c2", 0, "Completed", finished), LastTerminationState: hasEnded("c1", 1, "Error", earlier)},
			app(Container{State: Terminated, Reason: "Completed", ID: "c2", Restarts: 1, Ended: true, FinishedAt: finished.Time, PreviousID: "c1"})},
		{"ended without having started: the one before it has the log",
			&corev1.ContainerStatus{RestartCount: 1, State: hasEnded("", 128, "ContainerCannotRun", finished), LastTerminationState: hasEnded("c1", 1, "Error", earlier)},
			app(Container{State: Terminated, Reason: "ContainerCannotRun", ID: "c1", Restarts: 1, Ended: true, ExitCode: 1, FinishedAt: earlier.Time, PreviousID: "c1"})},
		{"ended without ever having started", &corev1.ContainerStatus{State: hasEnded("", 128, "ContainerCannotRun", finished)},
			app(Container{State: Terminated, Reason: "ContainerCannotRun", Ended: true, ExitCode: 128, FinishedAt: finished.Time})},
		{"started once, and its status was lost",
			&corev1.ContainerStatus{State: waits("ContainerCreating"), LastTerminationState: hasEnded("", 137, "ContainerStatusUnknown", finished)},
			app(Container{State: Waiting, Reason: "ContainerCreating", Ended: true, ExitCode: 137, FinishedAt: finished.Time})},
	} {
		t.Run(test.name, func(t *testing.T) {
			statuses := []corev1.ContainerStatus{{Name: "other", ContainerID: "x", RestartCount: 9, State: runs()}}
			if test.status != nil {
				test.status.Name = "app"
				statuses = append(statuses, *test.status)
			}
			if got := newContainer("app", Regular, statuses); got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// fullPod has everything that newPod reads, and much that it does not.
func fullPod() *corev1.Pod {
	yes := true
	spec := func(name string) corev1.Container {
		return corev1.Container{Name: name, Image: "example.com/" + name, Args: []string{"-v"}, Env: []corev1.EnvVar{{Name: "A", Value: "b"}}}
	}
	status := func(name string, state corev1.ContainerState) corev1.ContainerStatus {
		return corev1.ContainerStatus{Name: name, ContainerID: name + "-2", RestartCount: 2, State: state,
			LastTerminationState: hasEnded(name+"-1", 1, "Error", earlier), Image: "example.com/" + name, Started: &yes}
	}
	return &corev1.Pod{
		TypeMeta: metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "web-0", UID: "uid-1", ResourceVersion: "12345", Generation: 3,
			Labels: map[string]string{"app": "web"}, Annotations: map[string]string{"big": "text"},
			OwnerReferences:   []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web-5d4f", UID: "uid-2", Controller: &yes}},
			DeletionTimestamp: &finished, CreationTimestamp: earlier, ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubelet"}},
		},
		Spec: corev1.PodSpec{
			NodeName:       "node-1",
			InitContainers: []corev1.Container{spec("setup"), spec("mesh")},
			Containers:     []corev1.Container{spec("app"), spec("unknown")},
			EphemeralContainers: []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
				Name: "debugger", Image: "busybox"}}},
			Volumes: []corev1.Volume{{Name: "data"}},
		},
		Status: corev1.PodStatus{
			Phase:                      corev1.PodRunning,
			Conditions:                 []corev1.PodCondition{{Type: corev1.PodReady}},
			InitContainerStatuses:      []corev1.ContainerStatus{status("setup", hasEnded("setup-2", 0, "Completed", finished)), status("mesh", runs())},
			ContainerStatuses:          []corev1.ContainerStatus{status("app", waits("CrashLoopBackOff"))},
			EphemeralContainerStatuses: []corev1.ContainerStatus{status("debugger", runs())},
		},
	}
}

func TestNewPod(t *testing.T) {
	pod := newPod(fullPod())
	want := &Pod{
		Namespace: "shop", Name: "web-0", UID: "uid-1", Version: 12345, Node: "node-1", Phase: corev1.PodRunning, Deleting: true,
		Labels: map[string]string{"app": "web"}, Owners: fullPod().OwnerReferences,
		Containers: []Container{
			{Name: "setup", Kind: Init, State: Terminated, Reason: "Completed", ID: "setup-2", Restarts: 2, Ended: true, FinishedAt: finished.Time, PreviousID: "setup-1"},
			{Name: "mesh", Kind: Init, State: Running, ID: "mesh-2", Restarts: 2, PreviousID: "mesh-1"},
			{Name: "app", Kind: Regular, State: Waiting, Reason: "CrashLoopBackOff", ID: "app-1", Restarts: 2, Ended: true, ExitCode: 1, FinishedAt: earlier.Time, PreviousID: "app-1"},
			{Name: "unknown", Kind: Regular, State: Waiting},
			{Name: "debugger", Kind: Ephemeral, State: Running, ID: "debugger-2", Restarts: 2, PreviousID: "debugger-1"},
		},
	}
	if !reflect.DeepEqual(pod, want) {
		t.Errorf("got  %+v\nwant %+v", pod, want)
	}
	if c := pod.Container("app"); c != &pod.Containers[2] {
		t.Errorf("Container(app) = %+v", c)
	}
	if c := pod.Container("nothing"); c != nil {
		t.Errorf("Container(nothing) = %+v", c)
	}
}

func TestDone(t *testing.T) {
	for phase, want := range map[corev1.PodPhase]bool{
		corev1.PodPending: false, corev1.PodRunning: false, corev1.PodUnknown: false, "": false, corev1.PodSucceeded: true, corev1.PodFailed: true,
	} {
		if got := (&Pod{Phase: phase}).Done(); got != want {
			t.Errorf("phase %q: done = %v, want %v", phase, got, want)
		}
	}
}

func TestVersion(t *testing.T) {
	for text, want := range map[string]uint64{"": 0, "0": 0, "12345": 12345, "18446744073709551615": 1<<64 - 1, "18446744073709551616": 0, "-1": 0, "abc": 0} {
		if got := version(text); got != want {
			t.Errorf("version(%q) = %d, want %d", text, got, want)
		}
	}
}

// The watch keeps only slim pods: whatever newPod reads must survive it.
func TestSlimKeepsWhatNewPodReads(t *testing.T) {
	living := fullPod()
	living.DeletionTimestamp = nil
	for name, pod := range map[string]*corev1.Pod{"full": fullPod(), "living": living, "empty": {}} {
		before := pod.DeepCopy()
		if got, want := newPod(slim(pod)), newPod(pod); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got  %+v\nwant %+v", name, got, want)
		}
		if !reflect.DeepEqual(pod, before) {
			t.Errorf("%s: the pod itself was changed", name)
		}
	}
	thin := slim(fullPod())
	if thin.Annotations != nil || thin.ManagedFields != nil || thin.Spec.Volumes != nil || thin.Spec.Containers[0].Env != nil || thin.Status.Conditions != nil {
		t.Errorf("the slim pod is not slim: %+v", thin)
	}
}
