//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// The kubelet of one node is killed and started again: it takes all streams of
// its node with it.
func TestKubeletRestart(t *testing.T) {
	testOutage(t, "restart-kubelet", "node1")
}

// The API server is killed and started again: it takes all streams and the pod
// watch with it.
func TestAPIServerRestart(t *testing.T) {
	testOutage(t, "restart-apiserver")
}

// testOutage causes a fault while a pod on each of two nodes writes 200 lines a
// second for 30 s, and mlogs waits for their end.
func testOutage(t *testing.T, fault ...string) {
	ns := realcluster.NewAlone(t)
	files := ns.KeepLogFiles()
	nodes := ns.Nodes()
	if len(nodes) < 2 {
		ns.Cannot("two nodes are needed")
	}
	ns.Apply(
		realcluster.On(nodes[0], realcluster.Pod("web-0", realcluster.Writer("app", "-lines=6000", "-rate=200"))),
		realcluster.On(nodes[1], realcluster.Pod("web-1", realcluster.Writer("app", "-lines=6000", "-rate=200", "-stderr-every=3"))))
	ns.UntilPods("two pods that run", "", 2, realcluster.Ready)
	run := ns.Start("mlogs", "web", "--until-done", "-v=1")
	run.Prints("000000500") // 2.5 s into the writing, far from either end
	ns.Fault(fault...)
	if code := run.Wait(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	expectComplete(t, run, files)
	expectQuiet(t, run)
	if said := run.Stderr(); !strings.Contains(said, "opened again where") && !strings.Contains(said, "reading "+ns.Name) {
		t.Errorf("the fault broke no stream, or mlogs did not say so:\n%s", said)
	}
	t.Logf("mlogs said:\n%s", run.Stderr())
}
