package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate/gcetest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// quickTimes make a plan that is done in seconds. Drains and boots of the world take
// milliseconds, and are planned with a fraction of a second. With lives of a day, no
// slow machine makes a test see the day's end.
var quickTimes = []string{"--max-age", "24h", "--within", "8s", "--window", "1s", "--drain-time", "100ms", "--boot-time", "100ms"}

// shortLives make a day pass in seconds, for plans that go on.
var shortLives = []string{"--max-age", "8s", "--drain-time", "100ms", "--boot-time", "100ms"}

// A pool of one age is planned with all but one replacement, and the plan changes
// nothing by being looked at.
func TestDryRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5, 3*time.Hour)
	for i, node := range w.nodes {
		w.pod(fmt.Sprintf("web-%d", i), node)
	}
	before := w.ResourceVersion()
	out, talk, err := w.run("nodepool", testPool, "--gce-endpoint", w.cloud.URL(), "--dry-run", "-o", "json")
	if err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	d := planOf(t, out)
	if d.Kind != "Plan" || d.Pool != testPool || d.Platform != "GKE" || *d.Deletions != 4 || *d.LowerBound != 4 || len(d.Steps) != 4 || len(d.Nodes) != 5 {
		t.Errorf("the plan is %+v", d)
	}
	if d.Before.MaxInWindow != 5 || d.After.MaxInWindow != 1 || d.Before.Most.Workload != "Deployment shop/web" || d.Before.Most.Lost != 5 || d.After.Most.Lost != 1 {
		t.Errorf("before %+v %+v, after %+v %+v", d.Before, d.Before.Most, d.After, d.After.Most)
	}
	if d.Life != 24*3600 || d.Window != 12*3600/5 || d.Nodes[0].StartSource != "cloud" {
		t.Errorf("life %d s, window %d s, start of %s", d.Life, d.Window, d.Nodes[0].StartSource)
	}
	for i, step := range d.Steps { // one every fifth of a day
		if gap := step.At.Sub(d.TakenAt); (gap%time.Hour) < 0 || i > 0 && step.At.Sub(d.Steps[i-1].At) < 4*time.Hour {
			t.Errorf("step %d is at %v", i, gap)
		}
	}
	if w.ResourceVersion() != before {
		t.Error("a dry run has changed something")
	}
	for _, args := range [][]string{{"-o", "yaml"}, {"-o", "wide"}, {}, {"--dry-run=server"}} {
		out, talk, err := w.run(append([]string{"nodepool", testPool, "--gce-endpoint", w.cloud.URL(), "--dry-run"}, args...)...)
		if err != nil || !strings.Contains(out, w.nodes[1]) {
			t.Errorf("%v: %v\n%s%s", args, err, out, talk)
		}
	}
	if w.ResourceVersion() != before {
		t.Error("a dry run has changed something")
	}
	out, _, err = w.run("nodes", "-l", "cloud.google.com/gke-preemptible=true", "--gce-endpoint", w.cloud.URL(), "--dry-run", "-o", "json")
	if err != nil || len(planOf(t, out).Steps) != 4 {
		t.Errorf("nodes: %v\n%s", err, out)
	}
}

// The whole way: a pool of one age ends spread, each machine replaced by another one,
// one at a time, and nothing of the run is left.
func TestWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4, time.Second)
	for _, node := range w.nodes {
		w.pod("on-"+node, node)
	}
	_, talk, err := w.run(w.quick(append(quickTimes, "--watch", "-v", "1")...)...)
	if err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	replaced := 0
	for _, node := range w.nodes {
		replaced += w.boot(node) - 1
	}
	if replaced != 3 || w.most != 1 {
		t.Errorf("%d machines were replaced, up to %d at once; want 3 and 1\n%s", replaced, w.most, talk)
	}
	w.expectClean()
	if !strings.Contains(talk, "3 nodes replaced") || !strings.Contains(talk, "takes 1 of 4 nodes") || strings.Count(talk, " in namespace shop evicted\n") != 3 {
		t.Errorf("said:\n%s", talk)
	}
	state, err := ledger.Peek(t.Context(), ledger.Config{Cluster: clusterFor(t, w), Namespace: "kube-system", Name: "stagger-preempt"})
	if err != nil || state.Holder != "" || len(state.InFlight) > 0 || state.Plan.MadeAt.IsZero() {
		t.Errorf("the lease is left as %+v, %v", state, err)
	}
}

// For cron: each run does what is due, and the next one goes on with the same plan.
func TestOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4, time.Second)
	began := time.Now()
	var plans [][]string
	for w.replacements() < 3 {
		out, talk, err := w.run(w.quick(append(quickTimes, "--once", "-o", "json")...)...)
		if err != nil {
			t.Fatalf("%v\n%s", err, talk)
		}
		var steps []string
		for _, step := range planOf(t, out).Steps {
			steps = append(steps, fmt.Sprint(step.Node, step.At.Format(time.RFC3339)))
		}
		plans = append(plans, steps)
		if time.Since(began) > 50*time.Second {
			t.Fatalf("after %d runs %d are replaced; plans: %v\n%s", len(plans), w.replacements(), plans, talk)
		}
		time.Sleep(50 * time.Millisecond)
	}
	for _, steps := range plans[1:] { // what is left of the first plan
		for _, step := range steps {
			if !slices.Contains(plans[0], step) {
				t.Errorf("a later run has planned %s; the first one %v", step, plans[0])
			}
		}
	}
	w.expectClean()
}

func (w *world) replacements() int {
	n := 0
	for _, node := range w.nodes {
		n += w.boot(node) - 1
	}
	return n
}

// With --for a run does at its time what becomes due in it, and says what is next.
func TestFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4, time.Second)
	_, talk, err := w.run(w.quick(append(quickTimes, "--once", "--for", "3500ms")...)...)
	if n := w.replacements(); err != nil || n < 1 || n > 2 || !strings.Contains(talk, "next: node") {
		t.Errorf("%d replaced, %v\n%s", n, err, talk)
	}
}

// Nothing is changed without a yes.
func TestNotConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, time.Hour)
	before := w.ResourceVersion()
	_, _, err := w.run("nodepool", testPool, "--gce-endpoint", w.cloud.URL())
	clitest.ExpectError(t, err, "--yes")
	if w.ResourceVersion() != before {
		t.Error("something was changed")
	}
}

// A missed step is not made up for at once: a run that comes hours late plans anew.
func TestMissedSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6, 3*time.Hour)
	if _, talk, err := w.run(w.quick("--once")...); err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	for _, node := range w.nodes {
		w.edit(node, func(n *corev1.Node) {
			p, err := ledger.ParsePlanned(n.Annotations[ledger.PlannedKey])
			if err == nil {
				p.At = p.At.Add(-30 * time.Hour)
				n.Annotations[ledger.PlannedKey] = p.String()
			}
		})
	}
	out, talk, err := w.run(w.quick("--once", "-o", "json")...)
	if err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	if d := planOf(t, out); w.replacements() > 1 || len(d.Void) == 0 || !strings.Contains(fmt.Sprint(d.Void), "was missed") || len(d.Steps) == 0 {
		t.Errorf("%d replaced at once; void %v, %d steps", w.replacements(), d.Void, len(d.Steps))
	}
}

// Node objects that go with their machines take their annotations along; the plan for
// their successors holds all the same.
func TestNodesDieBeforeTheirTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6, 20*time.Hour)
	if _, talk, err := w.run(w.quick("--once")...); err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	out, _, err := w.run("nodepool", testPool, "--gce-endpoint", w.cloud.URL(), "--dry-run", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	before := planOf(t, out)
	reborn := 0
	for _, step := range before.Steps {
		if step.Reason == spread.Reborn {
			reborn++
			w.Must(w.Delete(w.node(step.Node)))
			w.register(step.Node, 0)
		}
	}
	out, _, err = w.run("nodepool", testPool, "--gce-endpoint", w.cloud.URL(), "--dry-run", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	after := planOf(t, out)
	if reborn == 0 || len(after.Steps) != len(before.Steps) || !after.MadeAt.Equal(before.MadeAt) {
		t.Fatalf("%d reborn; %d steps of %v, then %d of %v", reborn, len(before.Steps), before.MadeAt, len(after.Steps), after.MadeAt)
	}
	for i := range after.Steps {
		if after.Steps[i].Node != before.Steps[i].Node || !after.Steps[i].At.Equal(before.Steps[i].At) {
			t.Errorf("step %d is %+v, was %+v", i, after.Steps[i], before.Steps[i])
		}
	}
}

// Other flags are another plan, and --replan makes one anew.
func TestOtherFlagsPlanAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6, 3*time.Hour)
	if _, talk, err := w.run(w.quick("--once")...); err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	for _, test := range []struct {
		args []string
		anew bool
	}{{nil, false}, {[]string{"--window", "1h"}, true}, {[]string{"--mode", "rolling"}, true}, {[]string{"--hours", "00:00-23:00"}, true}, {[]string{"--replan"}, true}} {
		out, talk, err := w.run(append([]string{"nodepool", testPool, "--gce-endpoint", w.cloud.URL(), "--dry-run", "-o", "json"}, test.args...)...)
		if err != nil {
			t.Fatalf("%v: %v\n%s", test.args, err, talk)
		}
		if d := planOf(t, out); (d.Deletions != nil) != test.anew {
			t.Errorf("%v: planned anew: %v", test.args, d.Deletions != nil)
		}
	}
}

// The rolling plan goes on for ever: every node has a slot.
func TestRolling(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, time.Second)
	m := w.start(w.quick(append(shortLives, "--mode", "rolling", "--watch")...)...)
	for deadline := time.Now().Add(40 * time.Second); w.replacements() < 4; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d replaced\n%s", w.replacements(), m.Err.String())
		}
	}
	_ = m.Stop()
	for _, node := range w.nodes {
		if w.boot(node) < 2 {
			t.Errorf("node %s was never replaced", node)
		}
	}
}

// A budget that can never be met is named before anything is changed.
func TestBudgetBlocksFromTheBeginning(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, time.Hour)
	for i, node := range w.nodes {
		w.pod(fmt.Sprintf("web-%d", i), node)
	}
	all := intstr.FromString("100%")
	w.Must(w.Create(&policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", Generation: 1},
		Spec:   policyv1.PodDisruptionBudgetSpec{MinAvailable: &all, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}},
		Status: policyv1.PodDisruptionBudgetStatus{ExpectedPods: 3, CurrentHealthy: 3, DesiredHealthy: 3, ObservedGeneration: 1}}))
	before := w.ResourceVersion()
	_, _, err := w.run(w.quick("--watch")...)
	clitest.ExpectError(t, err, "nothing was changed", "shop/web", "--disable-eviction")
	if w.ResourceVersion() != before {
		t.Error("something was changed")
	}
	if clitest.ExitCode(err) != 1 {
		t.Errorf("exit code %d", clitest.ExitCode(err))
	}
}

// Pods that nobody would make anew, and data that would be lost, are refused with
// the flag that allows it.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, time.Hour)
	for _, node := range w.nodes {
		w.Must(w.Create(kubetest.Pod("shop", "bare-"+node, kubetest.OnNode(node))))
		w.pod("scratch-"+node, node, kubetest.With(func(p *corev1.Pod) {
			p.Spec.Volumes = []corev1.Volume{{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
		}))
	}
	_, _, err := w.run("nodepool", testPool, "--gce-endpoint", w.cloud.URL(), "--watch", "--yes")
	clitest.ExpectError(t, err, "bare-", "--force", "scratch-", "--delete-emptydir-data")
	if _, talk, err := w.run("nodepool", testPool, "--gce-endpoint", w.cloud.URL(), "--dry-run", "--force", "--delete-emptydir-data"); err != nil {
		t.Errorf("with the flags: %v\n%s", err, talk)
	}
}

// A budget that blocks later is named; the drain ends after --timeout, the node is
// left as it was found but for the plan, which a later run tries again, its machine lives, and the exit code is 1.
func TestBudgetBlocksInTheDrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, time.Second)
	for i, node := range w.nodes {
		w.pod(fmt.Sprintf("web-%d", i), node)
	}
	one := intstr.FromInt32(1)
	w.Must(w.Create(&policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", Generation: 1},
		Spec:   policyv1.PodDisruptionBudgetSpec{MinAvailable: &one, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}},
		Status: policyv1.PodDisruptionBudgetStatus{ExpectedPods: 2, CurrentHealthy: 1, DesiredHealthy: 1, DisruptionsAllowed: 0, ObservedGeneration: 1}}))
	_, talk, err := w.run(w.quick(append(quickTimes, "--watch", "--timeout", "1s")...)...)
	clitest.ExpectError(t, err, "could not be replaced", "gke-preempt-")
	if w.replacements() != 0 || !strings.Contains(talk, "shop/web") {
		t.Errorf("%d replaced; said:\n%s", w.replacements(), talk)
	}
	w.expectInService(t, talk)
}

// When quota is gone, the run stops at the first machine that does not come back,
// says why, and leaves the others alone.
func TestQuotaGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4, time.Second)
	w.cloud.Hold(&gcetest.Problem{Code: "QUOTA_EXCEEDED", Message: "Quota 'PREEMPTIBLE_CPUS' exceeded"})
	_, talk, err := w.run(w.quick(append(quickTimes, "--watch", "--replacement-timeout", "1500ms")...)...)
	clitest.ExpectError(t, err, "gke-preempt-", "PREEMPTIBLE_CPUS")
	if w.most != 1 {
		t.Errorf("%d machines went\n%s", w.most, talk)
	}
	w.cloud.Resume()
	// The next run begins with the machine that was missing.
	_, talk, err = w.run(w.quick(append(quickTimes, "--watch")...)...)
	if err != nil || !strings.Contains(talk, "going on where an earlier run ended (awaiting)") {
		t.Errorf("%v\n%s", err, talk)
	}
	w.expectClean()
}

// A cloud that refuses: named with the permission, and nothing was touched.
func TestCloudRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, time.Second)
	w.cloud.Deny("compute.instanceGroupManagers.update")
	w.cloud.Deny("compute.instances.delete")
	_, talk, err := w.run(w.quick(append(quickTimes, "--watch")...)...)
	clitest.ExpectError(t, err, "compute.instance")
	if w.replacements() != 0 {
		t.Errorf("%d replaced\n%s", w.replacements(), talk)
	}
	w.expectInService(t, talk)
}

// expectInService allows the plan to be left on the nodes, which a later run goes on with,
// and a node to be away whose machine is being made anew.
func (w *world) expectInService(t *testing.T, talk string) {
	t.Helper()
	for _, name := range w.nodes {
		if n := w.node(name); n != nil && (n.Spec.Unschedulable || n.Annotations[ledger.RecordKey] != "") {
			t.Errorf("node %s: unschedulable %v, %v\n%s", name, n.Spec.Unschedulable, n.Annotations, talk)
		}
	}
}

// Ctrl-C at any moment, and a second run: the plan is done, no machine is replaced
// twice, nothing is left cordoned.
func TestInterruptedAndResumed(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"cordoned", "drained", "is being replaced", "deleted", "waiting for another machine", "replaced in"} {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 4, time.Second)
			args := w.quick(append(quickTimes, "--watch")...)
			m := w.start(args...)
			m.Says(at)
			_ = m.Stop()
			w.expectInService(t, m.Err.String())
			_, talk, err := w.run(args...)
			if err != nil {
				t.Fatalf("%v\n%s", err, talk)
			}
			if got := w.replacements(); got != 3 {
				t.Errorf("%d replaced\nfirst:\n%s\nsecond:\n%s", got, m.Err.String(), talk)
			}
			w.expectClean()
		})
	}
}

// Somebody else's cordon stays, on the new Node object, too.
func TestSomebodyElsesCordon(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, time.Second)
	for _, node := range w.nodes {
		w.edit(node, func(n *corev1.Node) { n.Spec.Unschedulable = true })
	}
	if _, talk, err := w.run(w.quick(append(quickTimes, "--watch")...)...); err != nil || w.replacements() != 2 {
		t.Fatalf("%d replaced, %v\n%s", w.replacements(), err, talk)
	}
	for _, node := range w.nodes {
		if !w.node(node).Spec.Unschedulable {
			t.Errorf("node %s was uncordoned", node)
		}
	}
}

// A Node object that outlived a machine keeps its instance ID, which is not the one
// that the cloud knows: the machine is replaced all the same.
func TestStaleInstanceID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, time.Second)
	for _, node := range w.nodes {
		w.edit(node, func(n *corev1.Node) {
			n.Annotations = map[string]string{"container.googleapis.com/instance_id": "77"}
		})
	}
	if _, talk, err := w.run(w.quick(append(quickTimes, "--watch")...)...); err != nil || w.replacements() != 1 {
		t.Errorf("%d replaced, %v\n%s", w.replacements(), err, talk)
	}
}

// A pool of one node cannot be spread.
func TestOneNode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, time.Hour)
	out, talk, err := w.run(w.quick("--once")...)
	if err != nil || w.replacements() != 0 || !strings.Contains(talk, "nothing to do") {
		t.Errorf("%d replaced, %v\n%s%s", w.replacements(), err, out, talk)
	}
}

// A pool that is not there suggests others; one that does not age is refused.
func TestBadPools(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, time.Hour)
	w.Must(w.Create(kubetest.Node("spot-1", func(n *corev1.Node) {
		n.Labels["cloud.google.com/gke-nodepool"], n.Labels["cloud.google.com/gke-spot"] = "spots", "true"
	})))
	_, _, err := w.run("nodepool", "preemt", "--dry-run")
	clitest.ExpectError(t, err, "preemt", "preempt")
	_, _, err = w.run("nodepool", "spots", "--dry-run")
	clitest.ExpectError(t, err, "Spot", "--max-age")
	_, _, err = w.run("nodepool", "spots", "--dry-run", "--max-age", "24h")
	clitest.ExpectError(t, err, "--via")
	_, _, err = w.run("nodes", "-l", "pool in (", "--dry-run")
	clitest.ExpectError(t, err, "pool in (")
}

// An age that is not known is not guessed.
func TestUnknownAges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 3*time.Hour)
	for _, node := range w.nodes {
		w.edit(node, func(n *corev1.Node) {
			n.CreationTimestamp = metav1.NewTime(time.Now().Add(-40 * time.Hour))
			n.Status.Conditions[0].LastTransitionTime = n.CreationTimestamp
		})
	}
	out, _, err := w.run("nodepool", testPool, "--dry-run", "-o", "json", "--via", "exec=true")
	if err != nil {
		t.Fatal(err)
	}
	d := planOf(t, out)
	if d.Nodes[0].StartSource != "unknown" || d.Nodes[0].Start != nil || len(d.Steps) != 0 || len(d.Warnings) == 0 {
		t.Errorf("%+v, steps %v, warnings %q", d.Nodes[0], d.Steps, d.Warnings)
	}
	out, _, err = w.run("nodepool", testPool, "--dry-run", "-o", "json", "--gce-endpoint", w.cloud.URL())
	if d := planOf(t, out); err != nil || d.Nodes[0].StartSource != "cloud" || len(d.Steps) != 2 {
		t.Errorf("with the cloud: %v, %+v, %d steps", err, d.Nodes[0], len(d.Steps))
	}
}

func TestModes(t *testing.T) {
	for _, m := range []spread.Mode{spread.Once, spread.Rolling} {
		var read mode
		if err := read.Set(modeOf(m)); err != nil || spread.Mode(read) != m {
			t.Errorf("mode %v is written as %q and read as %v, %v", m, modeOf(m), read, err)
		}
	}
}
