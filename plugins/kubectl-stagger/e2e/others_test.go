//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate/gcetest"
)

// A second run on the pool is refused, and says who is at work.
func TestSecondRun(t *testing.T) {
	ns := realcluster.New(t)
	p := newPool(t, ns, 3, 0)
	holds := p.hold(t)
	nodes := watchNodes(t, p)
	flags := append(quick(20*time.Second), "--watch", "--yes")
	first := p.start(t, "nodepool", flags...)
	p.draining(t)
	holder := p.holder(t)
	for _, how := range []string{"--watch", "--once"} {
		second := p.start(t, "nodepool", append(quick(20*time.Second), how, "--yes")...)
		if code := second.WaitFor(patience); code != 1 {
			t.Errorf("%s: exit code %d, want 1", how, code)
		}
		says(t, second, "another run is at work on this pool: "+holder)
	}
	if got := p.holder(t); got != holder || holder == "" {
		t.Errorf("the lease was held by %q, now by %q", holder, got)
	}
	holds.letGo()
	if code := first.WaitFor(patience); code != 0 {
		t.Errorf("the first run: exit code %d", code)
	}
	p.expectReplaced(t, nodes, 2)
	p.expectClean(t)
}

// A node that somebody has cordoned is replaced like the others, and is cordoned after
// it; the Node object may be a new one or the old one.
func TestCordonOfSomebodyElse(t *testing.T) {
	for name, stale := range map[string]bool{"new Node object": false, "stale Node object": true} {
		t.Run(name, func(t *testing.T) {
			ns := realcluster.New(t)
			p := newPool(t, ns, 3, 0)
			if stale {
				p.cloud.playBoot(ns.Reboot)
				// The answers to the first requests get lost, and when the last one is sent, the
				// next machine is there already.
				p.cloud.SetTimes(gcetest.Times{})
				p.cloud.Fault(gcetest.Fault{Call: gcetest.Recreate, Times: 2, Late: true, Cut: true})
			}
			flags := quick(15 * time.Second)
			theirs := p.plan(t, flags...).Steps[0].Node
			ns.Kubectl("cordon", theirs)
			nodes := watchNodes(t, p)
			run := p.start(t, "nodepool", append(flags, "--watch", "--yes")...)
			if code := run.WaitFor(patience); code != 0 {
				t.Errorf("exit code %d", code)
			}
			p.expectReplaced(t, nodes, 2)
			p.expectClean(t, theirs)
		})
	}
}

// A node that somebody deletes meanwhile is passed over, and the rest is done.
func TestNodeDeletedBySomebodyElse(t *testing.T) {
	ns := realcluster.New(t)
	p := newPool(t, ns, 4, 0)
	flags := quick(30 * time.Second)
	plan := p.plan(t, flags...)
	theirs := plan.Steps[len(plan.Steps)-1].Node
	run := p.start(t, "nodepool", append(flags, "--watch", "--yes")...)
	run.Says("cordoned")
	ns.Kubectl("delete", "node", theirs)
	if code := run.WaitFor(patience); code != 0 {
		t.Errorf("exit code %d, want 0: nothing is left to do for it", code)
	}
	says(t, run, "node "+theirs+" was not replaced", "it is gone")
	recreated := p.cloud.recreated()
	for _, step := range plan.Steps {
		if want := 1; step.Node != theirs && recreated[step.Node] != want {
			t.Errorf("the machine of %s was made anew %d times, want once", step.Node, recreated[step.Node])
		}
	}
	p.expectInService(t)
}

// Without quota nothing more is tried: the node is back in service and the others are
// left alone.
func TestQuotaIsGone(t *testing.T) {
	ns := realcluster.New(t)
	p := newPool(t, ns, 4, 0)
	p.cloud.Fault(gcetest.Fault{Call: gcetest.Recreate, Status: 403, Reason: "quotaExceeded", Message: "Quota 'PREEMPTIBLE_CPUS' exceeded. Limit: 0.0"})
	nodes := watchNodes(t, p)
	run := p.start(t, "nodepool", append(quick(20*time.Second), "--watch", "--yes")...)
	if code := run.WaitFor(patience); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	says(t, run, "PREEMPTIBLE_CPUS", "quotaExceeded", "is back in service")
	expectOneTouched(t, p, nodes)
	p.expectInService(t)
}

// The cloud accepts the request, and then does not carry it out: the machine stays, and
// its node has to be there and in service.
func TestOperationFails(t *testing.T) {
	ns := realcluster.New(t)
	p := newPool(t, ns, 3, 0)
	p.cloud.FailOperation(gcetest.Problem{Code: "QUOTA_EXCEEDED", Message: "Quota 'PREEMPTIBLE_CPUS' exceeded. Limit: 0.0"})
	nodes := watchNodes(t, p)
	run := p.start(t, "nodepool", append(quick(20*time.Second), "--watch", "--yes", "--replacement-timeout", "10s")...)
	if code := run.WaitFor(patience); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	says(t, run, "QUOTA_EXCEEDED")
	expectOneTouched(t, p, nodes)
	p.expectInService(t)
	if got := len(p.now()); got != len(p.nodes) {
		t.Errorf("%d nodes are there, want %d: all machines are", got, len(p.nodes))
	}
}

// The cloud accepts the request, and then has no room for the next machine: the run
// says so, stops, and leaves the others alone. The next run goes on.
func TestNoCapacity(t *testing.T) {
	ns := realcluster.New(t)
	p := newPool(t, ns, 3, 0)
	p.cloud.Hold(&gcetest.Problem{Code: "ZONE_RESOURCE_POOL_EXHAUSTED", Message: "The zone does not have enough resources available."})
	nodes := watchNodes(t, p)
	flags := append(quick(15*time.Second), "--watch", "--yes")
	run := p.start(t, "nodepool", append(flags, "--replacement-timeout", "8s")...)
	if code := run.WaitFor(patience); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	says(t, run, "ZONE_RESOURCE_POOL_EXHAUSTED", "The zone does not have enough resources available.")
	expectOneTouched(t, p, nodes)
	p.cloud.Resume()
	again := p.start(t, "nodepool", flags...)
	if code := again.WaitFor(patience); code != 0 {
		t.Errorf("the next run: exit code %d", code)
	}
	p.expectReplaced(t, nodes, 2)
	p.expectClean(t)
}

// expectOneTouched checks that no more than one node was ever cordoned.
func expectOneTouched(t *testing.T, p *gkePool, nodes *nodeWatch) {
	t.Helper()
	if touched := nodes.everCordoned(); len(touched) != 1 {
		t.Errorf("these nodes were cordoned: %v; want one", touched)
	}
	if asked := p.cloud.Count(gcetest.Recreate); asked != 1 {
		t.Errorf("%d requests to make a machine anew, want 1", asked)
	}
}

// A pool that there is not: the one that is like it is named.
func TestUnknownPool(t *testing.T) {
	ns := realcluster.New(t)
	p := newPool(t, ns, 1, 0)
	wrong := strings.Replace(p.name, "pool", "pol", 1)
	for _, command := range []string{"nodepool", "status", "check"} {
		run := ns.StartCommand(nil, "kubectl", "stagger", command, wrong, "--gce-endpoint", p.cloud.URL())
		if code := run.WaitFor(patience); code != 1 {
			t.Errorf("%s: exit code %d, want 1", command, code)
		}
		says(t, run, wrong, p.name)
	}
}
