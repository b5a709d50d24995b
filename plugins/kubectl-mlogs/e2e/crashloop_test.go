//go:build e2e

package e2e

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// Containers that crash again and again, one at once after 200 lines and one
// after a while: every run is printed from its first line to its last.
func TestCrashLoop(t *testing.T) {
	ns := realcluster.NewAlone(t) // where a busy machine delays the status by 10 s, kubelet has thrown the first logs away
	files := ns.KeepLogFiles()
	pod := realcluster.Pod("crash",
		realcluster.Writer("fast", "-lines=200", "-rate=0", "-exit=1"),
		realcluster.Writer("slow", "-lines=200", "-rate=400", "-exit=1"))
	pod.Spec.RestartPolicy = corev1.RestartPolicyAlways
	ns.Apply(pod)
	run := ns.Start("mlogs", "crash")
	// The kubelet restarts at once, then after 10 and 20 s.
	ns.UntilPods("three restarts of both containers", "app=crash", 1, func(p *corev1.Pod) bool {
		for _, s := range p.Status.ContainerStatuses {
			if s.RestartCount < 3 || s.State.Running != nil {
				return false
			}
		}
		return len(p.Status.ContainerStatuses) == 2
	})
	if n := expectComplete(t, run, files); n != 8 {
		t.Errorf("%d instances, want 4 of each container", n)
	}
	for key, lines := range readPrinted(t, run.StdoutFile()).lines {
		if len(lines) != 200 {
			t.Errorf("%v: %d lines, want 200", key, len(lines))
		}
	}
	run.Stop()
	expectQuiet(t, run)
}
