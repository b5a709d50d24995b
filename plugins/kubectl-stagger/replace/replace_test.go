package replace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate"
)

// The order of the steps, and what is true at each of them.
func TestOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.node("n")
	w.drain = func(context.Context) error {
		n := w.node("n")
		if r := w.recordOn(); !n.Spec.Unschedulable || r.Step != ledger.Draining || !r.Cordoned || r.Machine.UID != old.UID || r.Machine.BootID != "b1" {
			t.Errorf("drained while unschedulable is %v, with the record %s", n.Spec.Unschedulable, r)
		}
		return nil
	}
	if err := w.replace(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.expectKinds(Cordoned, Drained, Accepted, Removed, Waiting, Replaced)
	w.expectRecreated(1)
	w.expectAsFound("b2")
	if w.node("n").UID == old.UID || w.seen.UID != old.UID || w.seen.ProviderID != "gce://p/z/n" || w.seen.Labels["pool"] != "p" {
		t.Errorf("the provider was asked for %+v", w.seen)
	}
	if last := w.events[len(w.events)-1]; last.Successor != "n" || last.Took <= 0 {
		t.Errorf("the last event is %+v", last)
	}
}

// The new machine may be quicker than the deletion of the old Node object: then the
// object is its own, and only uncordoned. Deleting it would leave a machine without
// a Node.
func TestNodeObjectIsReused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		cordoned bool // by somebody else, before
	}{{"ours", false}, {"somebody else's cordon", true}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.arrive = nil
			w.edit(func(n *corev1.Node) {
				n.Spec.Unschedulable = test.cordoned
				n.Annotations = map[string]string{ledger.PlannedKey: "{}", "theirs": "stays"}
			})
			uid := w.node("n").UID
			w.Report = func(e Event) {
				if e.Kind == Accepted {
					w.reuse("b2")
				}
				w.note(e)
			}
			if err := w.replace(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.expectKinds(Cordoned, Drained, Accepted, Waiting, Replaced)
			n := w.node("n")
			if n.UID != uid || n.Spec.Unschedulable != test.cordoned || len(n.Annotations) != 1 || n.Annotations["theirs"] != "stays" {
				t.Errorf("node: same %v, unschedulable %v, annotations %v", n.UID == uid, n.Spec.Unschedulable, n.Annotations)
			}
			w.expectNothingInFlight()
		})
	}
}

// A drain that fails leaves the node as it was found, with somebody else's cordon.
func TestDrainFails(t *testing.T) {
	t.Parallel()
	for _, cordoned := range []bool{false, true} {
		w := newWorld(t)
		w.edit(func(n *corev1.Node) { n.Spec.Unschedulable = cordoned })
		w.drain = func(context.Context) error { return errors.New("budget shop/web") }
		err := w.replace(t.Context())
		var left *LeftError
		if !errors.As(err, &left) || left.Node != "n" || !strings.Contains(err.Error(), "budget shop/web") {
			t.Errorf("the error is %v", err)
		}
		if got := w.node("n").Spec.Unschedulable; got != cordoned {
			t.Errorf("unschedulable is %v, and was %v", got, cordoned)
		}
		w.expectRecreated(0)
		w.edit(func(n *corev1.Node) { n.Spec.Unschedulable = false })
		w.expectAsFound("b1")
	}
}

// Somebody else's cordon is of the node, not of its Node object: the new one has it, too.
func TestSomebodyElsesCordon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit(func(n *corev1.Node) { n.Spec.Unschedulable = true })
	if err := w.replace(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.node("n"); !n.Spec.Unschedulable || n.Status.NodeInfo.BootID != "b2" {
		t.Errorf("node: unschedulable %v, boot ID %s", n.Spec.Unschedulable, n.Status.NodeInfo.BootID)
	}
}

func TestDrainTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.DrainTimeout = 50 * time.Millisecond
	w.drain = func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }
	err := w.replace(t.Context())
	var left *LeftError
	if !errors.As(err, &left) || !strings.Contains(err.Error(), "longer than 50ms") {
		t.Errorf("the error is %v", err)
	}
	w.expectAsFound("b1")
	w.expectRecreated(0)
}

// Ctrl-C in a drain leaves the node as it was found.
func TestInterruptedDrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.edit(func(n *corev1.Node) { n.Annotations = map[string]string{ledger.PlannedKey: "{}"} })
	w.drain = func(ctx context.Context) error { cancel(); <-ctx.Done(); return ctx.Err() }
	if err := w.replace(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	w.expectAsFound("b1")
	w.expectKinds(Cordoned, Uncordoned)
	if w.node("n").Annotations[ledger.PlannedKey] != "{}" {
		t.Error("the plan for it is forgotten")
	}
}

// Ctrl-C while the API answers the cordon: whether it was done is found out, and it
// is taken back.
func TestInterruptedCordon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	patch := w.srv.Fault(kubetest.Fault{Match: func(r *http.Request) bool { return r.Method == http.MethodPatch }, Times: 1, Delay: 200 * time.Millisecond})
	go func() {
		for patch.Count() == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	if err := w.replace(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	time.Sleep(300 * time.Millisecond) // a request that nobody waits for would be done by now
	w.expectAsFound("b1")
}

// No answer to the cordon leaves it open whether it was done: it is taken back.
func TestCordonWithoutAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.srv.Fault(kubetest.Fault{Match: func(r *http.Request) bool { return r.Method == http.MethodPatch }, Times: 1, End: kubetest.Reset})
	var left *LeftError
	if err := w.replace(t.Context()); !errors.As(err, &left) {
		t.Errorf("the error is %v", err)
	}
	w.expectAsFound("b1")
}

// A provider that refuses: the node is put back into service, and nothing more is tried.
func TestRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refuse = errRefused
	err := w.replace(t.Context())
	var left *LeftError
	if errors.As(err, &left) || !errors.Is(err, errRefused) || !strings.Contains(err.Error(), "node n") {
		t.Errorf("the error is %v", err)
	}
	w.expectAsFound("b1")
}

// What the cloud has accepted may fail. Then the machine lives on, and needs its Node.
func TestOperationFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	uid := w.node("n").UID
	w.failed, w.arrive = errRefused, nil
	err := w.replace(t.Context())
	var left *LeftError
	if !errors.Is(err, errRefused) || errors.As(err, &left) || !strings.Contains(err.Error(), "back in service") {
		t.Errorf("the error is %v", err)
	}
	w.expectAsFound("b1")
	if w.node("n").UID != uid {
		t.Error("its Node object was deleted")
	}
}

// An operation that is never done is given up, and written down for the next run.
func TestOperationHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.slow, w.SuccessorTimeout, w.arrive = 1<<30, 200*time.Millisecond, nil
	err := w.replace(t.Context())
	if err == nil || !strings.Contains(err.Error(), "not carried out within 200ms") {
		t.Errorf("the error is %v", err)
	}
	if records, err := w.Lease.InFlight(); err != nil || len(records) != 1 {
		t.Errorf("in flight: %v, %v", records, err)
	}
}

// A machine that was asked to go, and none comes: said with the provider's reason,
// and written down for the next run.
func TestNoSuccessor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		set  func(*world)
		says string
		kept bool
	}{
		{"the group is in trouble", func(w *world) { w.trouble = errRefused }, "no quota", true},
		{"nobody knows why", func(*world) {}, "no other one was Ready after 300ms", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.arrive, w.SuccessorTimeout = nil, 300*time.Millisecond
			test.set(w)
			err := w.replace(t.Context())
			var left *LeftError
			if err == nil || errors.As(err, &left) || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "node n") {
				t.Errorf("the error is %v", err)
			}
			// With a reason, the next run goes on from here; without one it would only wait again.
			records, err := w.Lease.InFlight()
			if kept := len(records) == 1 && records[0].Node == "n" && records[0].Step == ledger.Awaiting; err != nil || kept != test.kept {
				t.Errorf("in flight: %v, %v", records, err)
			}
		})
	}
}

// Trouble that passes is told, and is no error.
func TestPassingTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.trouble, w.SuccessorTimeout = errRefused, 20*time.Second
	w.arrive = func() {
		for range 1000 {
			if kinds := w.kinds(); kinds[len(kinds)-1] == Troubled {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		w.mu.Lock()
		w.trouble = nil
		w.mu.Unlock()
		w.machine("n", "b2")
	}
	if err := w.replace(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.expectKinds(Cordoned, Drained, Accepted, Removed, Waiting, Troubled, Replaced)
}

// Only another machine counts: neither the old one that registers again, nor one
// that is not Ready.
func TestOnlyAnotherMachineCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SuccessorTimeout = 400 * time.Millisecond
	w.arrive = func() { w.machine("n", "b1") } // the old VM's kubelet was restarted
	if err := w.replace(t.Context()); err == nil {
		t.Error("the old machine is taken for a new one")
	}
	w = newWorld(t)
	w.SuccessorTimeout = 400 * time.Millisecond
	w.arrive = func() {
		w.machine("n", "b2", func(n *corev1.Node) { n.Status.Conditions[0].Status = corev1.ConditionFalse })
	}
	if err := w.replace(t.Context()); err == nil {
		t.Error("a machine that is not Ready counts")
	}
}

// Where names change, a node that has come since stands for the one that went; it
// cannot stand for two.
func TestSuccessorOfAnotherName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Members, w.KeepNode, w.Known = w.members, true, map[string]bool{"n": true, "before": true}
	w.machine("before", "b0", func(n *corev1.Node) { n.CreationTimestamp.Time = n.CreationTimestamp.Add(-time.Hour) })
	w.arrive = nil
	w.Report = func(e Event) {
		if e.Kind == Waiting {
			w.srv.Must(w.srv.Delete(w.node("n")))
			w.machine("elsewhere", "b8", func(n *corev1.Node) { n.Labels["pool"], n.CreationTimestamp.Time = "q", time.Now().Add(time.Minute) })
			// The API server's clock is slow: the node seems to be older than the run.
			w.machine("m", "b9", func(n *corev1.Node) { n.CreationTimestamp.Time = time.Now().Add(-5 * time.Minute) })
		}
		w.note(e)
	}
	if err := w.replace(t.Context()); err != nil {
		t.Fatal(err)
	}
	if last := w.events[len(w.events)-1]; last.Successor != "m" {
		t.Errorf("the successor is %q", last.Successor)
	}
	if w.claim("m") || !w.claim("elsewhere") {
		t.Error("a newcomer stands for two nodes")
	}
}

// Karpenter makes a machine only where pods need one: the old one's end is enough.
func TestNoSuccessorNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.replaces, w.KeepNode, w.arrive = false, true, nil
	w.Report = func(e Event) {
		if e.Kind == Waiting {
			w.srv.Must(w.srv.Delete(w.node("n")))
		}
		w.note(e)
	}
	if err := w.replace(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.expectKinds(Cordoned, Drained, Accepted, Waiting, Replaced)
}

func TestNotMeant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var left *LeftError
	if err := w.Replace(t.Context(), "n", func(pool.Machine) bool { return false }); !errors.As(err, &left) || !left.Moot || !strings.Contains(err.Error(), "another machine") {
		t.Errorf("the error is %v", err)
	}
	if err := w.Replace(t.Context(), "missing", func(pool.Machine) bool { return true }); !errors.As(err, &left) || !left.Moot || !strings.Contains(err.Error(), "missing") {
		t.Errorf("the error is %v", err)
	}
	w.srv.Fault(kubetest.Fault{Match: kubetest.Call("get", "nodes"), Status: http.StatusInternalServerError, Times: 1})
	if err := w.replace(t.Context()); !errors.As(err, &left) || left.Moot {
		t.Errorf("when the API fails before anything is done: %v", err)
	}
	w.expectKinds()
	w.expectAsFound("b1")
}

// The API's refusals name the right, and change nothing.
func TestRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.srv.Forbid("patch", "nodes")
	if err := w.replace(t.Context()); err == nil || !strings.Contains(err.Error(), "right to patch nodes") {
		t.Errorf("the error is %v", err)
	}
	w.expectAsFound("b1")
	w.expectRecreated(0)
}

// The node is another one by the time that it is to be cordoned: that one is left alone.
func TestAnotherNodeMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.node("n")
	w.srv.Must(w.srv.Delete(old))
	w.machine("n", "b2")
	err := w.intend(t.Context(), &attempt{Record: ledger.Record{Node: "n", Step: ledger.Draining, Machine: pool.MachineOf(old), Cordoned: true}}, w.node("n").ResourceVersion)
	if err == nil || !strings.Contains(err.Error(), "another Node has its name") {
		t.Errorf("the error is %v", err)
	}
	w.expectAsFound("b2")
}

// A node on which another run is at work, over another selection of nodes, is left alone.
func TestAnotherRunIsAtWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.edit(func(n *corev1.Node) {
		n.Spec.Unschedulable = true
		n.Annotations = map[string]string{ledger.RecordKey: ledger.Record{Node: "n", Step: ledger.Draining, Lease: "kube-system/other"}.String()}
	})
	var left *LeftError
	if err := w.replace(t.Context()); !errors.As(err, &left) || left.Moot || !strings.Contains(err.Error(), "another run") {
		t.Errorf("the error is %v", err)
	}
	if n := w.node("n"); !n.Spec.Unschedulable || n.Annotations[ledger.RecordKey] == "" {
		t.Error("its cordon and its record were touched")
	}
	w.expectRecreated(0)
}

// A cordon that a person makes between our look and ours stays theirs.
func TestCordonedAtTheLastMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	patch := w.srv.Fault(kubetest.Fault{Match: func(r *http.Request) bool { return r.Method == http.MethodPatch }, Times: 1, Delay: 200 * time.Millisecond})
	go func() {
		for patch.Count() == 0 {
			time.Sleep(time.Millisecond)
		}
		w.edit(func(n *corev1.Node) { n.Spec.Unschedulable = true })
	}()
	w.drain = func(context.Context) error { return errors.New("budget") }
	if err := w.replace(t.Context()); err == nil {
		t.Error("no error")
	}
	if !w.node("n").Spec.Unschedulable {
		t.Error("their cordon was taken back")
	}
}

// An answer that never came leaves it open whether the machine goes: pods are kept
// off it, and the next run finds out.
func TestRecreateWithoutAnswer(t *testing.T) {
	t.Parallel()
	for _, lost := range []error{io.ErrUnexpectedEOF, &net.OpError{Op: "read", Err: errors.New("connection reset")}, &recreate.Error{Code: 503, Message: "backend"}, context.DeadlineExceeded} {
		w := newWorld(t)
		w.refuse = fmt.Errorf("node n: %w", lost)
		err := w.replace(t.Context())
		var left *LeftError
		if errors.As(err, &left) || !errors.Is(err, lost) || !strings.Contains(err.Error(), "not known") {
			t.Errorf("the error is %v", err)
		}
		if n := w.node("n"); !n.Spec.Unschedulable {
			t.Errorf("%v: the node is back in service", lost)
		}
		if records, err := w.Lease.InFlight(); err != nil || len(records) != 1 || records[0].Step != ledger.Recreating {
			t.Errorf("in flight: %v, %v", records, err)
		}
		w.refuse = nil
		if err := w.Resume(t.Context(), w.find()); err != nil {
			t.Fatal(err)
		}
		w.expectRecreated(1)
		w.expectAsFound("b2")
	}
}

// A group that was made smaller has no other machine to wait for.
func TestScaledAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.trouble, w.arrive, w.SuccessorTimeout = recreate.ErrNotMember, nil, 2*time.Second
	if err := w.replace(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.expectKinds(Cordoned, Drained, Accepted, Removed, Waiting, Scaled, Replaced)
	w.expectNothingInFlight()
}

// A run that has lost its lease leaves the node to the one that has it.
func TestLeaseIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, lose := context.WithCancelCause(t.Context())
	w.drain = func(ctx context.Context) error { lose(ledger.ErrLost); <-ctx.Done(); return ctx.Err() }
	if err := w.replace(ctx); err == nil {
		t.Error("no error")
	}
	if n := w.node("n"); !n.Spec.Unschedulable || w.recordOn().Step != ledger.Draining {
		t.Errorf("the node was given back: unschedulable %v", n.Spec.Unschedulable)
	}
}

// A Node that changes between our look and its deletion is looked at again.
func TestRemoveConflicts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.srv.Fault(kubetest.Fault{Match: func(r *http.Request) bool { return r.Method == http.MethodDelete }, Times: 3, Status: http.StatusConflict})
	if err := w.replace(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.expectAsFound("b2")
}

// The new machine may take the Node object over at the very moment of its deletion.
func TestTakenOverAtTheLastMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.arrive = nil
	deletion := w.srv.Fault(kubetest.Fault{Match: func(r *http.Request) bool { return r.Method == http.MethodDelete }, Times: 1, Delay: 300 * time.Millisecond})
	go func() {
		for deletion.Count() == 0 {
			time.Sleep(time.Millisecond)
		}
		w.reuse("b2")
	}()
	if err := w.replace(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.expectKinds(Cordoned, Drained, Accepted, Waiting, Replaced)
	w.expectAsFound("b2")
}
