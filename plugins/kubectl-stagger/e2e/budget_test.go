//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// A budget that can never be met is named before anything is touched.
func TestBudgetThatBlocksForEver(t *testing.T) {
	ns := realcluster.New(t)
	p := newPool(t, ns, 4, 0)
	ns.Apply(p.deployment("web", 8), budget("web", "8", ""))
	ns.Running("app=web", 8)
	counted(ns, "web", 8)
	nodes := watchNodes(t, p)
	run := p.start(t, "nodepool", append(quick(20*time.Second), "--watch", "--yes")...)
	if code := run.WaitFor(patience); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	says(t, run, ns.Name+"/web", "minAvailable is 8", "nothing was changed")
	p.expectReplaced(t, nodes, 0)
	if most := nodes.mostCordoned(); most > 0 {
		t.Errorf("%d nodes were cordoned", most)
	}
	p.expectClean(t)
}

// A budget that comes when the plan is under way, and can never be met: from then on
// the nodes stay in service, with their machines, and the budget is named.
func TestBudgetThatComesLater(t *testing.T) {
	ns := realcluster.New(t)
	p := newPool(t, ns, 4, 0)
	ns.Apply(p.deployment("web", 8))
	ns.Running("app=web", 8)
	nodes := watchNodes(t, p)
	run := p.start(t, "nodepool", append(quick(40*time.Second), "--watch", "--yes")...)
	run.Says("replaced in")
	ns.Apply(budget("web", "8", ""))
	if code := run.WaitFor(patience); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	says(t, run, ns.Name+"/web", "minAvailable is 8", "2 nodes could not be replaced")
	p.expectReplaced(t, nodes, 1)
	p.expectInService(t)
}

// A budget that holds a drain up until other pods are ready: it is named, and when
// they are not in time the node goes back into service, with its machine.
func TestDrainThatTakesTooLong(t *testing.T) {
	ns := realcluster.New(t)
	const size, timeout = 3, 5 * time.Second
	p := newPool(t, ns, size, 0)
	ns.Apply(p.deployment("web", 4*size), budget("web", "", "1"))
	pods := ns.Running("app=web", 4*size)
	counted(ns, "web", 4*size)
	// On the node that stays: an unready pod may be evicted, and its successor is ready.
	moves := map[string]bool{}
	for _, step := range p.plan(t, quick(20*time.Second)...).Steps {
		moves[step.Node] = true
	}
	stays := slices.IndexFunc(pods, func(pod corev1.Pod) bool { return !moves[pod.Spec.NodeName] })
	if stays < 0 {
		t.Fatal("no pod is on the node that stays")
	}
	spoil(t, ns, pods[stays].Name)
	nodes := watchNodes(t, p)
	run := p.start(t, "nodepool", append(quick(20*time.Second), "--watch", "--yes", "--timeout", timeout.String())...)
	run.Says("cordoned")
	if code := run.WaitFor(patience); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	says(t, run, "disruption budget "+ns.Name+"/web", fmt.Sprintf("it needs %d healthy pods and has %d of %d", 4*size-1, 4*size-1, 4*size),
		"longer than "+timeout.String(), "uncordoned")
	p.expectReplaced(t, nodes, 0)
	p.expectInService(t)
}

// spoil makes a pod unready for good; kwok does not look at pods that run.
func spoil(t *testing.T, ns *realcluster.Namespace, pod string) {
	t.Helper()
	ns.Kubectl("patch", "pod", pod, "-n", ns.Name, "--subresource=status", "-p",
		`{"status":{"conditions":[{"type":"Ready","status":"False","lastTransitionTime":"`+time.Now().UTC().Format(time.RFC3339)+`"}]}}`)
	ns.Until("the budget to be used up", podTime, func() error {
		if got := ns.Kubectl("get", "pdb", "web", "-n", ns.Name, "-o", "jsonpath={.status.disruptionsAllowed}"); got != "0" {
			return fmt.Errorf("%s disruptions are allowed", got)
		}
		return nil
	})
}

// expectInService checks that every node takes pods, and that nobody has the lease.
func (p *gkePool) expectInService(t *testing.T) {
	t.Helper()
	if got := p.cordoned(); len(got) > 0 {
		t.Errorf("these nodes are cordoned: %v", got)
	}
	if holder := p.holder(t); holder != "" {
		t.Errorf("the lease is held by %s", holder)
	}
}

// says checks that each of the texts is on stderr.
func says(t *testing.T, run *realcluster.Run, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(run.Stderr(), text) {
			t.Errorf("stderr lacks %q:\n%s", text, run.Stderr())
		}
	}
}
