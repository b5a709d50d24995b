package spread

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// rule is what a distribution must keep.
type rule struct {
	max    int   // losses in a window
	window int64 // nanoseconds
	drain  int64 // nanoseconds between two drains, from DrainTime, Boot and Concurrency
}

// member is a node of known start. Times are nanoseconds after task.origin.
type member struct {
	node     int   // index into the pool
	at       int64 // where on the circle it is lost if nothing is done
	deadline int64 // when its VM dies
	fixed    bool  // must be given a new place
}

// task is a pool to plan for, in nanoseconds on a circle.
type task struct {
	pool    Pool
	options Options
	now     time.Time
	// origin is the first moment at which a drain can be over. A step is counted
	// where its drain ends, for that is when the VM dies.
	origin  time.Time
	length  int64    // of the circle: one turn
	period  int64    // from a VM's start to that of its successor
	members []member // by at
	unknown []int
	rule
	allowed  spans // where drains may end
	weights  weights
	warnings []string
}

func newTask(pool Pool, o Options, now time.Time) *task {
	t := &task{
		pool: pool, options: o, now: now,
		origin: now.Add(o.DrainTime), length: int64(o.turn()), period: int64(o.Period()),
		weights: newWeights(pool),
	}
	t.findAllowed()
	t.findMembers()
	t.rule = rule{
		max:    o.Max,
		window: int64(o.Window),
		drain:  (int64(o.DrainTime+o.Boot) + int64(o.Concurrency) - 1) / int64(o.Concurrency),
	}
	t.countUnknown()
	t.max = min(t.max, max(len(t.members), 1)) // more is no different
	return t
}

// findAllowed cuts the drain time off the beginning of each span of allowed
// hours, so that drains begin and end in it.
func (t *task) findAllowed() {
	end := t.length
	if h := int64(t.options.Horizon); h > 0 {
		end = min(end, h-int64(t.options.DrainTime))
	}
	if len(t.options.Hours.Spans) == 0 {
		t.allowed = spans{{0, end}}.union()
		return
	}
	drain := int64(t.options.DrainTime)
	// From now, as a drain that ends at the origin begins now.
	hours := t.options.Hours.between(t.now, t.origin.Add(time.Duration(t.length)))
	for i, s := range hours {
		hours[i] = span{s.from, s.to - drain} // in which drains end, after the origin
	}
	t.allowed = hours.union().within(0, end)
}

// everywhere is whether drains may end anywhere on the circle.
func (t *task) everywhere() bool { return t.allowed.total() == t.length }

func (t *task) findMembers() {
	o := t.options
	for i, n := range t.pool.Nodes {
		deadline, known := deadlineOf(n, o, t.now)
		if !known {
			t.unknown = append(t.unknown, i)
			if !n.Start.IsZero() {
				t.warn("The start of node %s cannot be right, as its VM would be %v old: it counts as unknown.", n.Name, t.now.Sub(n.Start).Round(time.Second))
			}
			continue
		}
		m := member{node: i, deadline: int64(deadline.Sub(t.origin))}
		lost := m.deadline
		if o.Mode == Rolling {
			// A successor that starts Boot after a drain is lost one turn after it.
			lost += int64(o.turn()-o.Boot) - int64(o.Life)
			place := mod(lost, t.length)
			next, ok := t.allowed.next(place)
			m.fixed = lost < 0 || !ok || next != place
		}
		m.at = mod(lost, t.length)
		t.members = append(t.members, m)
	}
	slices.SortFunc(t.members, func(a, b member) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.deadline, b.deadline), strings.Compare(t.name(a.node), t.name(b.node)))
	})
}

// countUnknown lowers the number of known nodes that a window may lose.
func (t *task) countUnknown() {
	u := len(t.unknown)
	if u == 0 {
		return
	}
	if u < t.max {
		t.max -= u
		t.warn("%s of unknown start may die in any window: at most %d others are left in one.", count(u, "node"), t.max)
		return
	}
	t.warn("%s of unknown start may die in any window, beside the %d that the plan leaves in one: find out their start, or replace them.", count(u, "node"), t.max)
}

func (t *task) name(node int) string { return t.pool.Nodes[node].Name }

func (t *task) warn(format string, args ...any) {
	t.warnings = append(t.warnings, fmt.Sprintf(format, args...))
}

func (t *task) time(at int64) time.Time { return t.origin.Add(time.Duration(at)) }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// deadlineOf is when a node's VM dies, from now to a life from now; not known
// when its start is not, or cannot be true.
func deadlineOf(n Node, o Options, now time.Time) (time.Time, bool) {
	age := now.Sub(n.Start)
	if n.Start.IsZero() || age < -tolerance || age > o.Life+tolerance {
		return time.Time{}, false
	}
	return now.Add(min(max(o.Life-age, 0), o.Life)), true
}
