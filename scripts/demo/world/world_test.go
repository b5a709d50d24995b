package world

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func startWorld(t *testing.T) *World {
	t.Helper()
	w, err := Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// pods are the shop's pods by the word that their names begin with.
func pods(t *testing.T, w *World) map[string][]corev1.Pod {
	t.Helper()
	list, err := w.server.List(schema.GroupVersionResource{Version: "v1", Resource: "pods"}, Namespace)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]corev1.Pod{}
	for _, item := range list {
		var pod corev1.Pod
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(item.Object, &pod); err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(pod.Name, "-")
		found[kind] = append(found[kind], pod)
	}
	return found
}

func TestWorldHasTheShop(t *testing.T) {
	w := startWorld(t)
	found := pods(t, w)
	for kind, want := range map[string]int{"web": 3, "api": 2, "worker": 1, "migrate": 1} {
		if got := len(found[kind]); got != want {
			t.Errorf("%d pods of %s, want %d", got, kind, want)
		}
	}
	if phase := found["migrate"][0].Status.Phase; phase != corev1.PodSucceeded {
		t.Errorf("the pod of the Job is %s", phase)
	}
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := w.WriteKubeconfig(kubeconfig); err != nil {
		t.Fatal(err)
	}
	if raw, _ := os.ReadFile(kubeconfig); !strings.Contains(string(raw), w.URL()) {
		t.Errorf("the kubeconfig does not name %s", w.URL())
	}
}

func TestRolloutReplacesEveryWebPod(t *testing.T) {
	w := startWorld(t)
	before := map[string]bool{}
	for _, pod := range pods(t, w)["web"] {
		before[pod.Name] = true
	}
	w.Rollout()
	after := pods(t, w)["web"]
	if len(after) != 3 {
		t.Errorf("%d pods of web after the rollout", len(after))
	}
	for _, pod := range after {
		if before[pod.Name] {
			t.Errorf("%s is still there", pod.Name)
		}
	}
}

func TestCrashWorkerRestartsIt(t *testing.T) {
	w := startWorld(t)
	w.CrashWorker()
	status := pods(t, w)["worker"][0].Status.ContainerStatuses[0]
	if status.RestartCount != 1 || status.State.Running == nil {
		t.Errorf("after the crash: %d restarts, %+v", status.RestartCount, status.State)
	}
}

// A world may be closed in the midst of its events, and twice.
func TestCloseEndsTheEvents(t *testing.T) {
	w := startWorld(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Repeat(time.Millisecond)
	}()
	time.Sleep(50 * time.Millisecond)
	w.Close()
	w.Close()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("the events go on after Close")
	}
}
