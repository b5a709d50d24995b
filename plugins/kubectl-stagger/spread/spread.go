// Package spread plans how the deaths of a pool of short-lived VMs are spread
// over the day. It is pure: nodes, workloads and the time of now go in, a
// schedule comes out.
//
// A VM that started at s dies at s+Life, and its successor starts Boot later:
// its deaths lie on a circle of circumference P = Life+Boot and stay where they
// are. Replacing the VM at t moves them to t. So a plan keeps some deaths and
// moves the others, and the fewest deletions are all nodes but the largest set
// whose deaths already keep the rule: at most Max of them in any window.
package spread

import "time"

// Node is a node of the pool.
type Node struct {
	Name string
	// Start is when the VM started, not when the Node object was created. Zero is
	// unknown: the node may die at any time, counts in every window and is never
	// chosen to move.
	Start time.Time
	// Shares are the ready pods that the node carries.
	Shares []Share
}

// Share is what a node carries of one workload.
type Share struct {
	Workload int // index into Pool.Workloads
	Replicas int // ready pods on the node
}

// Workload is what owns pods: a Deployment, a StatefulSet and the like.
type Workload struct {
	Name  string
	Ready int // ready pods in all, those outside the pool included
}

// Pool is what is planned for.
type Pool struct {
	Nodes     []Node
	Workloads []Workload
}

// Mode is what happens after the first turn.
type Mode int

const (
	// Once moves deaths apart; then the VMs expire by themselves, one at a time.
	Once Mode = iota
	// Rolling replaces each node in a slot of its own shortly before it would die.
	Rolling
)

// Options of a plan. The zero value is a plan for GKE's preemptible VMs.
type Options struct {
	// Life is how long a VM lives; 0 is 24 h.
	Life time.Duration
	// Boot is the time from a VM's death to the start of its successor; 0 is 2 min.
	Boot time.Duration
	// Window is the length of the window in which at most Max nodes may be lost;
	// 0 is Life/2N, which is 12 h/N, or less when Hours or Horizon leave less.
	Window time.Duration
	// Max is how many nodes a window may lose; 0 is 1.
	Max int
	// DrainTime is how long a drain takes; 0 is 3 min.
	DrainTime time.Duration
	// Concurrency is how many nodes may be in replacement (drain and boot) at once; 0 is 1.
	Concurrency int
	// Hours are those in which nodes may be drained.
	Hours Hours
	Mode  Mode
	// Even also bounds the largest gap, to 1.5 times the mean (without Hours), at
	// the cost of more deletions.
	Even bool
	// Compress puts all moves before the first of the moved nodes would die, when
	// there is room for it. Without it, a node whose turn comes later dies once
	// more in its crowd, and its successor of the same name is moved.
	Compress bool
	// Horizon is the time from now in which a plan has to be carried out; 0, and
	// anything longer, is one turn of the circle.
	Horizon time.Duration
}

// tolerance is by how much a start may be in the future, or a VM live longer
// than Life, before the start is not believed; clocks differ, and providers take
// their time.
const tolerance = 10 * time.Minute

// margin is how long before its death a rolling plan replaces a node, as a part
// of Life: 30 min of 24 h.
const margin = 48

// WithDefaults returns the options with the zero values filled in, but for Window.
func (o Options) WithDefaults() Options {
	if o.Life == 0 {
		o.Life = 24 * time.Hour
	}
	if o.Boot == 0 {
		o.Boot = 2 * time.Minute
	}
	if o.DrainTime == 0 {
		o.DrainTime = 3 * time.Minute
	}
	if o.Max == 0 {
		o.Max = 1
	}
	if o.Concurrency == 0 {
		o.Concurrency = 1
	}
	return o
}

// Period is the circumference of the circle on which deaths recur.
func (o Options) Period() time.Duration {
	o = o.WithDefaults()
	return o.Life + o.Boot
}

// turn is the time in which the plan goes round once.
func (o Options) turn() time.Duration {
	if o.Mode == Rolling {
		return o.Life - o.Life/margin
	}
	return o.Life + o.Boot
}

// Schedule plans pool at the time now. An *Infeasible says that no schedule keeps
// the options and which of them to change; other errors are bad input. It takes
// O(N log N) time for a given Max, and the same input gives the same plan.
func Schedule(pool Pool, options Options, now time.Time) (Plan, error) {
	options = options.WithDefaults()
	if err := check(pool, options); err != nil {
		return Plan{}, err
	}
	t := newTask(pool, options, now)
	l, err := t.layout()
	if err != nil {
		return Plan{}, err
	}
	a := t.arrange(l)
	if a.stuck > 0 {
		return Plan{}, t.infeasible(a.stuck)
	}
	return t.plan(a), nil
}
