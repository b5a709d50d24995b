package source

import (
	"testing"

	"github.com/kubechores/kubechores/pkg/kube"
)

func of(id string) Snapshot { return Snapshot{Container: kube.Container{Name: "app", ID: id}} }

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestStateSet(t *testing.T) {
	type step struct {
		do      func(*State)
		want    Snapshot
		changes bool
	}
	set := func(now Snapshot, version uint64) func(*State) { return func(s *State) { s.Set(now, version) } }
	gone := func(now Snapshot) Snapshot { now.Gone = true; return now }
	final := of("c")
	final.Final = true
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"newer news", []step{{set(of("b"), 5), of("b"), true}, {set(of("c"), 6), of("c"), true}}},
		{"older news are ignored", []step{{set(of("b"), 5), of("b"), true}, {set(of("a"), 4), of("b"), false}, {set(of("c"), 5), of("c"), true}}},
		{"the same news wake nobody", []step{{set(of("a"), 5), of("a"), false}, {set(of("b"), 4), of("a"), false}}},
		{"without versions the last one counts", []step{{set(of("b"), 0), of("b"), true}, {set(of("a"), 0), of("a"), true}}},
		{"final is a change", []step{{set(of("c"), 1), of("c"), true}, {set(final, 2), final, true}}},
		{"gone sticks", []step{
			{set(of("b"), 5), of("b"), true},
			{(*State).SetGone, gone(of("b")), true},
			{set(of("c"), 9), gone(of("b")), false},
			{(*State).SetGone, gone(of("b")), false},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := NewState(of("a"))
			for i, step := range test.steps {
				_, before := s.Get()
				step.do(s)
				now, after := s.Get()
				if now != step.want {
					t.Errorf("step %d: %+v, want %+v", i, now, step.want)
				}
				if isClosed(before) != step.changes {
					t.Errorf("step %d: the channel is closed = %v, want %v", i, isClosed(before), step.changes)
				}
				if isClosed(after) {
					t.Errorf("step %d: the next channel is closed already", i)
				}
			}
		})
	}
}

func TestNewState(t *testing.T) {
	s := NewState(of("a"))
	now, changed := s.Get()
	if now != of("a") || isClosed(changed) {
		t.Errorf("a new state is %+v, changed = %v", now, isClosed(changed))
	}
}
