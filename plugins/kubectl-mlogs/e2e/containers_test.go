//go:build e2e

package e2e

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// Init containers, sidecars and regular containers are all printed completely.
func TestInitContainers(t *testing.T) {
	ns := realcluster.New(t)
	files := ns.KeepLogFiles()
	pod := realcluster.Pod("staged", realcluster.Writer("app", "-lines=200", "-rate=200"))
	sidecar := realcluster.Writer("sidecar", "-rate=100")
	always := corev1.ContainerRestartPolicyAlways
	sidecar.RestartPolicy = &always
	pod.Spec.InitContainers = []corev1.Container{realcluster.Writer("prepare", "-lines=300", "-rate=0"), sidecar}
	run := ns.Start("mlogs", "staged")
	run.Says("no pod is selected")
	ns.Apply(pod)
	ns.UntilPods("the pod's end", "", 1, realcluster.Ended)
	if n := expectComplete(t, run, files); n != 3 {
		t.Errorf("%d instances, want one of each container", n)
	}
	run.Stop()
	expectQuiet(t, run)
	without := ns.Start("mlogs", "staged", "--no-follow", "--init-containers=false")
	without.Wait()
	if out := without.Stdout(); !strings.Contains(out, "staged app ") || strings.Contains(out, "staged prepare ") || strings.Contains(out, "staged sidecar ") {
		t.Error("--init-containers=false must leave just the regular container")
	}
}

// A container that `kubectl debug` puts into a running pod is read from its
// first line on.
func TestEphemeralContainer(t *testing.T) {
	ns := realcluster.New(t)
	ns.Apply(realcluster.Pod("web", realcluster.Writer("app", "-rate=20")))
	ns.Running("", 1)
	run := ns.Start("mlogs", "web")
	run.Prints("web app ")
	ns.Kubectl("debug", "-n", ns.Name, "web", "--image", realcluster.BusyboxImage, "--container=look", "--profile=general", "--",
		"sh", "-c", "for i in 1 2 3; do echo looking $i; done")
	run.Prints("web look looking 3\n")
	run.Stop()
	if n := strings.Count(run.Stdout(), "web look looking "); n != 3 {
		t.Errorf("%d lines of the ephemeral container, want 3", n)
	}
	expectQuiet(t, run)
}
