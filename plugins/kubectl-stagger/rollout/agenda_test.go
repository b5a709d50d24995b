package rollout

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// aged is a pool of nodes n0, n1, … of that age at noon.
func aged(n int, age time.Duration) *pool.Snapshot {
	s := &pool.Snapshot{Name: "p", TakenAt: noon}
	for i := range n {
		name := fmt.Sprintf("n%d", i)
		s.Nodes = append(s.Nodes, pool.Node{Name: name, Machine: pool.Machine{UID: "u", BootID: "boot-" + name}, Annotations: map[string]string{},
			Start: pool.Start{At: noon.Add(-age), Source: pool.FromCloud}})
	}
	return s
}

// plan writes a plan on a node.
func plan(s *pool.Snapshot, node int, at time.Time, reason spread.Reason, bootID string) {
	s.Nodes[node].Annotations[ledger.PlannedKey] = ledger.Planned{At: at, Reason: reason, Machine: pool.Machine{UID: "u", BootID: bootID}}.String()
}

func TestFirstPlan(t *testing.T) {
	a, err := Planner{}.Make(aged(6, 3*time.Hour), time.Time{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	if a.Plan == nil || len(a.Steps) != 5 || !a.MadeAt.Equal(noon) {
		t.Fatalf("%d steps, made at %v", len(a.Steps), a.MadeAt)
	}
	for i, step := range a.Steps {
		if step.Machine.BootID != "boot-"+step.Node || i > 0 && step.At.Before(a.Steps[i-1].At) {
			t.Errorf("step %d is %+v", i, step)
		}
	}
	if next := a.Next(); next.Node != a.Steps[0].Node || len(a.Due(next.At)) != 1 || len(a.Due(next.At.Add(-time.Second))) != 0 || len(a.Due(noon.Add(100*time.Hour))) != 5 {
		t.Errorf("next is %+v", next)
	}
}

// When an earlier plan is kept, and when it is made anew.
func TestEarlierPlan(t *testing.T) {
	const window = 2 * time.Hour // 12 h/6
	hourAgo := noon.Add(-time.Hour)
	for _, test := range []struct {
		name   string
		write  func(*pool.Snapshot)
		madeAt time.Time
		anew   bool
		void   string // in the reasons
	}{
		{"a plan that holds", func(s *pool.Snapshot) { plan(s, 0, noon.Add(time.Hour), spread.Crowded, "boot-n0") }, hourAgo, false, ""},
		{"a plan that is done", func(*pool.Snapshot) {}, hourAgo, false, ""},
		{"a plan of yesterday", func(s *pool.Snapshot) { plan(s, 0, noon.Add(time.Hour), spread.Crowded, "boot-n0") }, noon.Add(-24 * time.Hour), true, ""},
		{"no lease tells of the plan", func(s *pool.Snapshot) { plan(s, 0, noon.Add(time.Hour), spread.Crowded, "boot-n0") }, time.Time{}, true, ""},
		{"a step that is a little late", func(s *pool.Snapshot) { plan(s, 0, noon.Add(-window/2), spread.Crowded, "boot-n0") }, hourAgo, false, ""},
		{"a step that was missed", func(s *pool.Snapshot) { plan(s, 0, noon.Add(-window/2-time.Second), spread.Crowded, "boot-n0") }, hourAgo, true, "was missed"},
		{"a machine that died early", func(s *pool.Snapshot) { plan(s, 0, noon.Add(time.Hour), spread.Crowded, "boot-before") }, hourAgo, false, "another one"},
		{"a successor that is meant", func(s *pool.Snapshot) { plan(s, 0, noon.Add(time.Hour), spread.Reborn, "boot-before") }, hourAgo, false, ""},
		{"an annotation that nobody can read", func(s *pool.Snapshot) { s.Nodes[0].Annotations[ledger.PlannedKey] = "soon" }, hourAgo, true, "soon"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := aged(6, 3*time.Hour)
			test.write(s)
			_, written := s.Nodes[0].Annotations[ledger.PlannedKey]
			a, err := Planner{}.Make(s, test.madeAt, noon)
			if err != nil {
				t.Fatal(err)
			}
			if (a.Plan != nil) != test.anew || a.MadeAt.Equal(noon) != test.anew {
				t.Errorf("planned anew: %v, made at %v", a.Plan != nil, a.MadeAt)
			}
			if kept := len(a.Steps) == 1; !test.anew && kept != (written && test.void == "") {
				t.Errorf("steps: %v", a.Steps)
			}
			if got := a.Void["n0"]; (got == "") != (test.void == "") || !strings.Contains(got, test.void) {
				t.Errorf("void because %q", got)
			}
		})
	}
}

func TestPlanAgainAfter(t *testing.T) {
	for _, test := range []struct {
		planner Planner
		want    time.Duration
	}{
		{Planner{}, 24 * time.Hour},
		{Planner{Options: spread.Options{Life: 8 * time.Hour}}, 8 * time.Hour},
		{Planner{Options: spread.Options{Mode: spread.Rolling}}, 6 * time.Hour},
		{Planner{Every: time.Minute}, time.Minute},
	} {
		if got := test.planner.every(); got != test.want {
			t.Errorf("%+v plans again after %v", test.planner, got)
		}
	}
}

func TestUnfinished(t *testing.T) {
	s := aged(3, time.Hour)
	record := func(node string, step ledger.Step) ledger.Record { return ledger.Record{Node: node, Step: step} }
	s.Nodes[0].Annotations[ledger.RecordKey] = record("n0", ledger.Draining).String()
	s.Nodes[1].Annotations[ledger.RecordKey] = record("n1", ledger.Recreating).String()
	got, err := Unfinished(s, []ledger.Record{record("n1", ledger.Awaiting), record("gone", ledger.Awaiting)})
	if err != nil || len(got) != 3 || got[0] != record("gone", ledger.Awaiting) || got[1] != record("n0", ledger.Draining) || got[2] != record("n1", ledger.Awaiting) {
		t.Errorf("unfinished: %v, %v", got, err)
	}
	s.Nodes[2].Annotations[ledger.RecordKey] = "dancing"
	if _, err := Unfinished(s, nil); err == nil || !strings.Contains(err.Error(), "node n2") || !strings.Contains(err.Error(), "dancing") {
		t.Errorf("an unreadable record: %v", err)
	}
}
