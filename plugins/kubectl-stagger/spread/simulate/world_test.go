package simulate

import (
	"container/heap"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// A step is the name's: when its VM has just died, the next one is drained.
func TestStepWaitsForTheNextVM(t *testing.T) {
	for _, test := range []struct {
		name   string
		e      event
		deaths int
	}{
		{"any VM", event{}, 2},
		{"the VM that has died", event{life: 1}, 1},
		{"a step of the plan before", event{plan: 1}, 1},
	} {
		w := newWorld(Config{Nodes: 1, Options: spread.Options{}.WithDefaults()})
		w.plans = 2
		w.born(0, 0, 0)
		w.die(0, time.Hour, false)
		test.e.kind, test.e.at = drain, time.Hour+time.Minute
		w.push(test.e)
		w.Days = 1
		for len(w.events) > 0 && w.events[0].at < 20*time.Hour {
			w.happen(heap.Pop(&w.events).(event))
		}
		if len(w.losses) != test.deaths {
			t.Errorf("%s: %v", test.name, w.losses)
		}
		if test.deaths == 2 && w.losses[1] != (loss{time.Hour + 5*time.Minute, true}) {
			t.Errorf("%s: %v", test.name, w.losses)
		}
	}
}
