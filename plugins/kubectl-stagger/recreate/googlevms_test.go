package recreate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate/gcetest"
)

func nodeOf(name, providerID string) pool.Node {
	return pool.Node{Name: name, Machine: pool.Machine{ProviderID: providerID}}
}

func TestVMs(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	s.SetPageSize(2)
	born := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	start := born.Add(30 * time.Hour)
	base := gcetest.VM{Project: "example.com:my-proj", Created: born}
	add := func(zone, name string, edit func(*gcetest.VM)) pool.Node {
		vm := base
		vm.Zone, vm.Name = zone, name
		edit(&vm)
		s.AddVM(vm)
		return nodeOf("node-"+name, vm.ProviderID())
	}
	nodes := []pool.Node{
		add("z-a", "started-again", func(v *gcetest.VM) { v.Started, v.Preemptible, v.ID = start, true, 18446744073709551615 }),
		add("z-a", "spot", func(v *gcetest.VM) { v.Spot = true }),
		add("z-b", "plain", func(v *gcetest.VM) {}),
		nodeOf("elsewhere", "aws:///eu-west-1a/i-1"), nodeOf("bare", ""), nodeOf("odd", "gce://x"),
		nodeOf("gone", "gce://example.com:my-proj/z-b/gone"),
	}
	for i := range 7 {
		add("z-a", fmt.Sprintf("others-%d", i), func(*gcetest.VM) {})
	}
	vms, err := newGoogle(t, s, false).VMs(t.Context(), nodes)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]pool.VM{
		"node-started-again": {InstanceID: "18446744073709551615", Started: start, Lifetime: pool.Preemptible},
		"node-spot":          {Started: born, Lifetime: pool.Spot},
		"node-plain":         {Started: born, Lifetime: pool.Permanent},
	}
	if len(vms) != len(want) {
		t.Errorf("VMs of %d nodes, want %d: %v", len(vms), len(want), vms)
	}
	for node, w := range want {
		got := vms[node]
		if !got.Started.Equal(w.Started) || got.Lifetime != w.Lifetime || got.InstanceID == "" || (w.InstanceID != "" && got.InstanceID != w.InstanceID) {
			t.Errorf("%s: %+v, want %+v", node, got, w)
		}
	}
	calls := s.Calls()
	if len(calls) != 6 { // zone z-a has 9 VMs in pages of 2, zone z-b has one
		t.Errorf("%d requests, want 6", len(calls))
	}
	for _, c := range calls {
		if fields := c.Query.Get("fields"); !strings.Contains(fields, "lastStartTimestamp") || strings.Contains(fields, "metadata") {
			t.Errorf("fields %q: want times, and never metadata", fields)
		}
	}
}

func TestVMsOfOtherClouds(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	vms, err := newGoogle(t, s, false).VMs(t.Context(), []pool.Node{nodeOf("a", "aws:///eu-west-1a/i-1"), nodeOf("b", "")})
	if err != nil || len(vms) != 0 || len(s.Calls()) != 0 {
		t.Errorf("%v, %v and %d requests; want nothing of all", vms, err, len(s.Calls()))
	}
}

// One VM is looked up by its name, and not by a list of its zone.
func TestOneVM(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	s.AddVM(gcetest.VM{Project: "p", Zone: "z", Name: "a", ID: 42, Preemptible: true})
	s.Deny("compute.instances.list")
	vms, err := newGoogle(t, s, false).VMs(t.Context(), []pool.Node{nodeOf("n", "gce://p/z/a"), nodeOf("gone", "gce://p/other/b")})
	if err != nil || len(vms) != 1 || vms["n"].InstanceID != "42" || vms["n"].Lifetime != pool.Preemptible {
		t.Errorf("%+v, %v", vms, err)
	}
}

func TestVMsThatMayNotBeListed(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	s.Deny("compute.instances.list")
	_, err := newGoogle(t, s, false).VMs(t.Context(), []pool.Node{nodeOf("a", "gce://p/z/a"), nodeOf("b", "gce://p/z/b")})
	wantError(t, err, "project p, zone z", "compute.instances.list", "grant")
}

func TestStartOfAVM(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		created, started string
		want             time.Time
	}{
		"the last start":     {"2026-01-01T00:00:00.000-08:00", "2026-01-02T00:00:00.000-08:00", time.Date(2026, 1, 2, 8, 0, 0, 0, time.UTC)},
		"no start":           {"2026-01-01T00:00:00.000-08:00", "", time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)},
		"a start of nothing": {"2026-01-01T00:00:00Z", "soon", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		"nothing":            {"", "", time.Time{}},
	} {
		got := instance{CreationTimestamp: test.created, LastStartTimestamp: test.started}.vm().Started
		if !got.Equal(test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
