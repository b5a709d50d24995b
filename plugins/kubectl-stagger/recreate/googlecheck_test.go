package recreate

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate/gcetest"
)

func TestCheckNamesTheNodes(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	good, lone := member("good"), gcetest.VM{Project: "my-proj", Zone: "europe-west1-b"}
	s.AddVM(good)
	targets := []Target{targetOf(good), targetOf(member("gone-meanwhile")), {Node: "odd", ProviderID: "gce://only-two/parts"}, {Node: "bare"}}
	for i := range 9 {
		lone.Name = fmt.Sprintf("lone-%d", i)
		s.AddVM(lone)
		targets = append(targets, targetOf(lone))
	}
	g := newGoogle(t, s, false)
	if err := g.Check(t.Context(), targets[:2]); err != nil {
		t.Errorf("check of nodes that are well: %v", err)
	}
	err := g.Check(t.Context(), targets)
	wantError(t, err, `node odd: its spec.providerID "gce://only-two/parts" is malformed`, "node bare: it has no spec.providerID",
		"nodes lone-0, lone-1, lone-2, lone-3, lone-4 and 4 more: its VM belongs to no managed instance group")
	if strings.Contains(err.Error(), "good") || strings.Contains(err.Error(), "gone-meanwhile") {
		t.Errorf("%q names nodes that are well", err)
	}
	for _, change := range []string{gcetest.Recreate, gcetest.DeleteVM} {
		if n := s.Count(change); n != 0 {
			t.Errorf("the check sent %d %s", n, change)
		}
	}
}

func TestCheckWithoutRights(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	var targets []Target
	for i := range 50 {
		vm := member(fmt.Sprintf("node-%02d", i))
		s.AddVM(vm)
		targets = append(targets, targetOf(vm))
	}
	g := newGoogle(t, s, false)
	s.Deny("compute.instanceGroupManagers.get") // says nothing of the right to use the group
	if err := g.Check(t.Context(), targets); err != nil {
		t.Errorf("check without the right to read groups: %v", err)
	}
	s.ClearFaults()
	if err := g.Check(t.Context(), targets); err != nil {
		t.Fatal(err)
	}
	before := s.Count(gcetest.GetVM)
	s.Deny("compute.instances.get")
	wantError(t, g.Check(t.Context(), targets), "node node-00", "compute.instances.get", "grant")
	if n := s.Count(gcetest.GetVM) - before; n > 2*g.parallel {
		t.Errorf("%d more requests after a refusal that holds for all", n)
	}
	s.ClearFaults()
	s.Fault(gcetest.Fault{Call: gcetest.GetGroup, Status: 400, Reason: "invalid", Message: "no such thing"})
	wantError(t, g.Check(t.Context(), targets), "and 45 more", "no such thing")
}

func TestAtMost(t *testing.T) {
	t.Parallel()
	var now, most, calls atomic.Int32
	atMost(3, 40, func(int) bool {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		calls.Add(1)
		now.Add(-1)
		return true
	})
	if calls.Load() != 40 || most.Load() > 3 {
		t.Errorf("%d calls, %d at once; want 40 and at most 3", calls.Load(), most.Load())
	}
	calls.Store(0)
	atMost(1, 40, func(i int) bool { calls.Add(1); return i < 4 })
	if calls.Load() != 5 {
		t.Errorf("%d calls, want 5: the fifth said stop", calls.Load())
	}
}
