package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

func TestPlannedHolds(t *testing.T) {
	was := pool.Machine{UID: "u1", BootID: "b1", InstanceID: "1"}
	for _, test := range []struct {
		name   string
		reason spread.Reason
		now    pool.Machine
		holds  bool
	}{
		{"the same", spread.Crowded, was, true},
		{"a new Node of the same machine", spread.Crowded, pool.Machine{UID: "u2", BootID: "b1", InstanceID: "1"}, true},
		{"another machine under the same Node", spread.Crowded, pool.Machine{UID: "u1", BootID: "b2", InstanceID: "1"}, false},
		{"another instance", spread.Crowded, pool.Machine{UID: "u1", BootID: "b1", InstanceID: "2"}, false},
		{"the successor, which is meant", spread.Reborn, pool.Machine{UID: "u2", BootID: "b2", InstanceID: "2"}, true},
		{"rolling, another machine", spread.Due, pool.Machine{UID: "u2", BootID: "b2"}, false},
	} {
		if got := (Planned{Reason: test.reason, Machine: was}).Holds(test.now); got != test.holds {
			t.Errorf("%s: holds %v", test.name, got)
		}
	}
}

func TestAnnotations(t *testing.T) {
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	planned := Planned{At: at, MadeAt: at, Reason: spread.Reborn, Machine: pool.Machine{ProviderID: "gce://p/z/n", UID: "u"}}
	if got, err := ParsePlanned(planned.String()); err != nil || got != planned {
		t.Errorf("%s is read as %+v, %v", planned, got, err)
	}
	record := Record{Node: "n", Step: Recreating, Machine: planned.Machine, VM: "7", Cordoned: true, Began: at, Operation: recreate.Operation{Name: "op"}}
	if got, err := ParseRecord(record.String()); err != nil || got != record {
		t.Errorf("%s is read as %+v, %v", record, got, err)
	}
	for _, bad := range []string{"", "{", "null", `{"at":"noon"}`, `{"reason":"due"}`} {
		if _, err := ParsePlanned(bad); err == nil || !strings.Contains(err.Error(), PlannedKey) {
			t.Errorf("%q as a plan: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "[]", `{"step":"dancing"}`, "{}"} {
		if _, err := ParseRecord(bad); err == nil || !strings.Contains(err.Error(), RecordKey) {
			t.Errorf("%q as a record: %v", bad, err)
		}
	}
}

func FuzzAnnotations(f *testing.F) {
	f.Add(`{"at":"2026-05-01T12:00:00Z","reason":"crowded"}`)
	f.Add(`{"node":"n","step":"draining","began":"2026-05-01T12:00:00Z"}`)
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := ParsePlanned(text); err == nil {
			again, err := ParsePlanned(p.String())
			if err != nil || !again.At.Equal(p.At) || again.Machine != p.Machine {
				t.Errorf("%q does not survive: %v", text, err)
			}
		}
		if r, err := ParseRecord(text); err == nil {
			if _, err := ParseRecord(r.String()); err != nil {
				t.Errorf("%q does not survive: %v", text, err)
			}
		}
	})
}
