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
func plan(s *pool.Snapshot, node int, madeAt, at time.Time, reason spread.Reason, bootID string) {
	s.Nodes[node].Annotations[ledger.PlannedKey] = ledger.Planned{At: at, MadeAt: madeAt, Reason: reason, Machine: pool.Machine{UID: "u", BootID: bootID}}.String()
}

func TestFirstPlan(t *testing.T) {
	a, err := Planner{}.Make(aged(6, 3*time.Hour), ledger.Plan{}, noon)
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
		{"a plan that holds", func(s *pool.Snapshot) { plan(s, 0, hourAgo, noon.Add(time.Hour), spread.Crowded, "boot-n0") }, hourAgo, false, ""},
		{"a plan that is done", func(*pool.Snapshot) {}, hourAgo, false, ""},
		{"a plan of yesterday", func(s *pool.Snapshot) {
			plan(s, 0, noon.Add(-24*time.Hour), noon.Add(time.Hour), spread.Crowded, "boot-n0")
		}, noon.Add(-24 * time.Hour), true, ""},
		{"no lease tells of the plan", func(s *pool.Snapshot) { plan(s, 0, hourAgo, noon.Add(time.Hour), spread.Crowded, "boot-n0") }, time.Time{}, true, "as a whole"},
		{"a plan that was only half written", func(s *pool.Snapshot) {
			plan(s, 0, noon.Add(-time.Minute), noon.Add(time.Hour), spread.Crowded, "boot-n0")
		}, hourAgo, true, "as a whole"},
		{"a step that is a little late", func(s *pool.Snapshot) { plan(s, 0, hourAgo, noon.Add(-window/2), spread.Crowded, "boot-n0") }, hourAgo, false, ""},
		{"a step that was missed", func(s *pool.Snapshot) {
			plan(s, 0, hourAgo, noon.Add(-window/2-time.Second), spread.Crowded, "boot-n0")
		}, hourAgo, true, "was missed"},
		{"a machine that died early", func(s *pool.Snapshot) { plan(s, 0, hourAgo, noon.Add(time.Hour), spread.Crowded, "boot-before") }, hourAgo, false, "another one"},
		{"a successor that is meant", func(s *pool.Snapshot) { plan(s, 0, hourAgo, noon.Add(time.Hour), spread.Reborn, "boot-before") }, hourAgo, false, ""},
		{"an annotation that nobody can read", func(s *pool.Snapshot) { s.Nodes[0].Annotations[ledger.PlannedKey] = "soon" }, hourAgo, true, "soon"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := aged(6, 3*time.Hour)
			test.write(s)
			_, written := s.Nodes[0].Annotations[ledger.PlannedKey]
			a, err := Planner{}.Make(s, ledger.Plan{MadeAt: test.madeAt, Options: Planner{}.fingerprint()}, noon)
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

// Other options are another plan.
func TestOtherOptions(t *testing.T) {
	s := aged(6, 3*time.Hour)
	earlier := ledger.Plan{MadeAt: noon.Add(-time.Hour), Options: Planner{}.fingerprint()}
	for name, o := range map[string]spread.Options{
		"a mode": {Mode: spread.Rolling}, "a window": {Window: time.Hour}, "a number": {Max: 2, Window: time.Hour}, "a life": {Life: 30 * time.Hour},
		"hours": {Hours: spread.Hours{Spans: []spread.Span{{From: 0, To: 20 * time.Hour}}}},
	} {
		if a, err := (Planner{Options: o}).Make(s, earlier, noon); err != nil || a.Plan == nil {
			t.Errorf("%s: planned anew is %v, %v", name, err == nil && a.Plan != nil, err)
		}
	}
	night := []spread.Span{{From: 0, To: 20 * time.Hour}}
	zoned := func(zone string) string {
		return Planner{Options: spread.Options{Hours: spread.Hours{Spans: night, Zone: time.FixedZone(zone, 3600)}}}.fingerprint()
	}
	if zoned("A") == zoned("B") {
		t.Error("the zone of hours makes no difference")
	}
	shown := Planner{Options: spread.Options{Hours: spread.Hours{Zone: time.FixedZone("X", 3600)}}}
	if a, err := shown.Make(s, earlier, noon); err != nil || a.Plan != nil {
		t.Errorf("a zone that times are only printed in: %v", err)
	}
	if a, err := (Planner{Options: spread.Options{Life: 24 * time.Hour, Max: 1}}).Make(s, earlier, noon); err != nil || a.Plan != nil {
		t.Errorf("the defaults, given: %v", err)
	}
}

// The step for the successor of a node outlives the node: it is in the lease.
func TestRebornStepOfANewNode(t *testing.T) {
	s := aged(2, time.Minute) // new Nodes, without annotations
	hourAgo := noon.Add(-time.Hour)
	earlier := ledger.Plan{MadeAt: hourAgo, Options: Planner{}.fingerprint(), Reborn: map[string]time.Time{"n1": noon.Add(time.Hour), "gone": noon}}
	a, err := Planner{}.Make(s, earlier, noon)
	if err != nil || a.Plan != nil || len(a.Steps) != 1 || a.Steps[0].Node != "n1" || !a.Steps[0].At.Equal(noon.Add(time.Hour)) || !a.Steps[0].Holds(pool.Machine{BootID: "any"}) {
		t.Errorf("%+v, %v", a, err)
	}
	earlier.Reborn["n1"] = noon.Add(-13 * time.Hour)
	if a, err := (Planner{}).Make(s, earlier, noon); err != nil || a.Plan == nil {
		t.Errorf("a missed one: %+v, %v", a, err)
	}
}

// What is written down of a plan is read as the same plan.
func TestWrittenAndRead(t *testing.T) {
	p, s := Planner{}, aged(8, 20*time.Hour) // most turns come after the death
	first, err := p.Make(s, ledger.Plan{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	written := p.written(first)
	reborn := 0
	for _, step := range first.Steps {
		if step.Reason == spread.Reborn {
			reborn++
			continue // its Node will be gone
		}
		for i := range s.Nodes {
			if s.Nodes[i].Name == step.Node {
				s.Nodes[i].Annotations[ledger.PlannedKey] = step.String()
			}
		}
	}
	again, err := p.Make(s, written, noon.Add(time.Minute))
	if err != nil || again.Plan != nil || len(again.Steps) != len(first.Steps) || reborn == 0 || len(written.Reborn) != reborn {
		t.Fatalf("%d of %d steps, %d reborn; %v", len(again.Steps), len(first.Steps), reborn, err)
	}
	for i := range again.Steps {
		if again.Steps[i].Node != first.Steps[i].Node || !again.Steps[i].At.Equal(first.Steps[i].At) {
			t.Errorf("step %d is %+v, was %+v", i, again.Steps[i], first.Steps[i])
		}
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
	record := func(node string, step ledger.Step) ledger.Record {
		return ledger.Record{Node: node, Step: step, Lease: "ns/l"}
	}
	s.Nodes[0].Annotations[ledger.RecordKey] = record("n0", ledger.Draining).String()
	s.Nodes[1].Annotations[ledger.RecordKey] = record("n1", ledger.Recreating).String()
	got, err := Unfinished(s, "ns/l", []ledger.Record{record("n1", ledger.Awaiting), record("gone", ledger.Awaiting)})
	if err != nil || len(got) != 3 || got[0] != record("gone", ledger.Awaiting) || got[1] != record("n0", ledger.Draining) || got[2] != record("n1", ledger.Awaiting) {
		t.Errorf("unfinished: %v, %v", got, err)
	}
	s.Nodes[2].Annotations[ledger.RecordKey] = ledger.Record{Step: ledger.Draining, Lease: "ns/other"}.String()
	if again, err := Unfinished(s, "ns/l", nil); err != nil || len(again) != 2 {
		t.Errorf("with another run's: %v, %v", again, err)
	}
	s.Nodes[2].Annotations[ledger.RecordKey] = "dancing"
	if _, err := Unfinished(s, "ns/l", nil); err == nil || !strings.Contains(err.Error(), "node n2") || !strings.Contains(err.Error(), "dancing") {
		t.Errorf("an unreadable record: %v", err)
	}
}
