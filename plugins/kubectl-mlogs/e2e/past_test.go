//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// --previous prints just what `kubectl logs --previous` prints.
func TestPrevious(t *testing.T) {
	ns := realcluster.New(t)
	// Crashes once, then lives: so there is one previous run, and it stays that one.
	pod := realcluster.Pod("twice", realcluster.Container("app", realcluster.LogwriterImage, "sh", "-c",
		`test -e /state/again && exec logwriter -prefix second -rate 1; touch /state/again; exec logwriter -prefix first -lines 300 -rate 0 -exit 1`))
	pod.Spec.RestartPolicy = corev1.RestartPolicyAlways
	pod.Spec.Volumes = []corev1.Volume{{Name: "state", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
	pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "state", MountPath: "/state"}}
	ns.Apply(pod, realcluster.Pod("once", realcluster.Writer("app", "-rate=1")))
	ns.UntilPods("the second run", "app=twice", 1, func(p *corev1.Pod) bool { return realcluster.Ready(p) && realcluster.Restarts(p) == 1 })
	ns.Running("app=once", 1)
	want := ns.Kubectl("logs", "-n", ns.Name, "twice", "--previous")
	run := ns.Start("mlogs", ".", "--previous", "-o", "raw")
	if code := run.Wait(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if got := run.Stdout(); got != want || strings.Count(got, "first ") != 300 {
		t.Errorf("%d bytes, want the %d of kubectl logs --previous, with 300 lines", len(got), len(want))
	}
}

// --no-follow prints the past of all pods in one order of time, while they go on
// writing.
func TestPastInOrderOfTime(t *testing.T) {
	ns := realcluster.New(t)
	writer := realcluster.Writer("app", "-rate=100")
	ns.Apply(realcluster.Pod("a", writer), realcluster.Pod("b", writer), realcluster.Pod("c", writer, realcluster.Writer("side", "-rate=50")))
	ns.Running("", 3)
	var run *realcluster.Run
	ns.Until("200 lines of each container", 2*settleTime, func() error {
		run = ns.Start("mlogs", ".", "--no-follow", "-o", "json", "--timezone=UTC")
		if code := run.Wait(); code != 0 {
			t.Fatalf("exit code %d, want 0", code)
		}
		if n := strings.Count(run.Stdout(), " 000000200\""); n != 4 {
			return fmt.Errorf("%d have come so far", n)
		}
		return nil
	})
	var before time.Time
	turns, last := 0, ""
	numbers := map[string]int{}
	for line := range strings.Lines(run.Stdout()) {
		var l struct {
			Time                    time.Time
			Pod, Container, Message string
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if l.Time.Before(before) {
			t.Fatalf("%s after %s", l.Time, before)
		}
		if before = l.Time; l.Pod != last {
			turns, last = turns+1, l.Pod
		}
		name := l.Pod + "/" + l.Container
		numbers[name]++
		if _, n, ok := parseLine(l.Message); !ok || n != numbers[name] {
			t.Fatalf("%s: line %d is %q", name, numbers[name], l.Message)
		}
	}
	if turns < 100 {
		t.Errorf("the pods take turns %d times only: they write at the same time", turns)
	}
}
