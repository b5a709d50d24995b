package replace

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// crash ends a replacement at an event, as SIGKILL does: nothing is cleaned up. It
// returns what the next run finds.
func (w *world) crash(at Kind) {
	w.t.Helper()
	type crashed struct{}
	w.Report = func(e Event) {
		w.note(e)
		if e.Kind == at {
			panic(crashed{})
		}
	}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(crashed); !ok {
				panic(r)
			}
		}
		w.Report = w.note
	}()
	err := w.replace(w.t.Context())
	w.t.Fatalf("it never came to %s: %v", at, err)
}

// find is what a new run knows of the replacement.
func (w *world) find() ledger.Record {
	w.t.Helper()
	records, err := w.Lease.InFlight()
	if err != nil {
		w.t.Fatal(err)
	}
	if len(records) > 0 {
		return records[0]
	}
	return w.recordOn()
}

// After a crash at any step the next run finishes it, and no machine is made anew
// twice.
func TestResume(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		at     Kind
		drains int // in the second run
	}{{Cordoned, 1}, {Drained, 1}, {Accepted, 0}, {Removed, 0}, {Waiting, 0}} {
		t.Run(string(test.at), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.vms = map[string]pool.VM{"n": {InstanceID: "1"}}
			w.Cloud = w
			w.crash(test.at)
			w.mu.Lock()
			if w.recreated > 0 {
				w.vms = map[string]pool.VM{"n": {InstanceID: "2"}}
			}
			w.mu.Unlock()
			drains := 0
			w.drain = func(context.Context) error { drains++; return nil }
			if err := w.Resume(t.Context(), w.find()); err != nil {
				t.Fatal(err)
			}
			w.expectRecreated(1)
			w.expectAsFound("b2")
			if drains != test.drains {
				t.Errorf("drained %d times", drains)
			}
		})
	}
}

// The request for the machine's end may have been accepted without our knowing: the
// cloud is asked before it is sent again.
func TestResumeAsksTheCloud(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		now       pool.VM
		err       error
		recreated int
	}{
		{"another machine", pool.VM{InstanceID: "2"}, nil, 0},
		{"the old machine", pool.VM{InstanceID: "1"}, nil, 1},
		{"no answer", pool.VM{}, errors.New("403"), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Cloud, w.vms, w.vmsErr = w, map[string]pool.VM{"n": test.now}, test.err
			record := ledger.Record{Node: "n", Step: ledger.Recreating, VM: "1", Machine: pool.MachineOf(w.node("n")), Cordoned: true, Began: time.Now()}
			if err := w.intend(t.Context(), &attempt{Record: record}, w.node("n").ResourceVersion); err != nil {
				t.Fatal(err)
			}
			if test.recreated == 0 {
				go func() {
					for len(w.kinds()) < 4 { // cordoned, died, removed, waiting
						time.Sleep(5 * time.Millisecond)
					}
					w.machine("n", "b2")
				}()
			}
			drains := 0
			w.drain = func(context.Context) error { drains++; return nil }
			if err := w.Resume(t.Context(), record); err != nil {
				t.Fatal(err)
			}
			w.expectRecreated(test.recreated)
			w.expectAsFound("b2")
			if drains != test.recreated { // pods may have come back since
				t.Errorf("drained %d times", drains)
			}
		})
	}
}

// A node that dies by itself while it is drained is not made anew a second time.
func TestDiesMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.drain = func(context.Context) error { w.reuse("b2"); return nil }
	if err := w.replace(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.expectRecreated(0)
	w.expectAsFound("b2")
	w.expectKinds(Cordoned, Drained, Died, Waiting, Replaced)
}

// Somebody deletes the Node object under us. Its machine lives on without a Node
// unless it is made anew.
func TestNodeDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.drain = func(context.Context) error { w.srv.Must(w.srv.Delete(w.node("n"))); return nil }
	if err := w.replace(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.expectRecreated(1)
	w.expectAsFound("b2")
}

// Who uncordons a node that a killed run was draining wants it in service: the next
// run leaves it alone.
func TestUncordonedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crash(Cordoned)
	record := w.find()
	w.edit(func(n *corev1.Node) { n.Spec.Unschedulable = false })
	w.drain = func(context.Context) error { t.Error("it is drained"); return nil }
	var left *LeftError
	if err := w.Resume(t.Context(), record); !errors.As(err, &left) || !strings.Contains(err.Error(), "uncordoned") {
		t.Errorf("the error is %v", err)
	}
	w.expectAsFound("b1")
	w.expectRecreated(0)
}

// A drain that another run has begun can be given up.
func TestAbandon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crash(Cordoned)
	var left *LeftError
	if err := w.Abandon(t.Context(), w.find(), errors.New("too late")); !errors.As(err, &left) || !strings.Contains(err.Error(), "too late") {
		t.Errorf("the error is %v", err)
	}
	w.expectAsFound("b1")
}

// The record of another Node of the same name says nothing of this one.
func TestAnotherNodeOfTheName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	record := ledger.Record{Node: "n", Step: ledger.Awaiting, Machine: pool.Machine{UID: "gone", BootID: "b0"}, Cordoned: true, Began: time.Now()}
	w.edit(func(n *corev1.Node) { n.Spec.Unschedulable = true }) // somebody else's
	if err := w.Resume(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	if n := w.node("n"); n.Status.NodeInfo.BootID != "b1" || !n.Spec.Unschedulable {
		t.Errorf("the living node was touched: boot ID %s, unschedulable %v", n.Status.NodeInfo.BootID, n.Spec.Unschedulable)
	}
	w.expectRecreated(0)
}
