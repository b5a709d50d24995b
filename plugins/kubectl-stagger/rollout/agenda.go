package rollout

import (
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// minimumLag is by how much a step may always be late.
const minimumLag = time.Minute

// Step is a replacement that is planned.
type Step struct {
	Node string
	ledger.Planned
}

// Agenda is what is to be done when, as the annotations of the nodes say.
type Agenda struct {
	Steps []Step // in order of time
	// Plan is the plan where one was made just now; nil where an earlier one holds.
	Plan *spread.Plan
	// MadeAt is when the plan was made.
	MadeAt time.Time
	// Void are the nodes whose part of an earlier plan does not hold any more, with
	// the reason. They are planned for anew.
	Void map[string]string
}

// Next is the first step, nil when there is none.
func (a *Agenda) Next() *Step {
	if len(a.Steps) == 0 {
		return nil
	}
	return &a.Steps[0]
}

// Due are the steps whose time has come at now.
func (a *Agenda) Due(now time.Time) []Step {
	due := slices.IndexFunc(a.Steps, func(s Step) bool { return s.At.After(now) })
	if due < 0 {
		return a.Steps
	}
	return a.Steps[:due]
}

// Take removes a node's step.
func (a *Agenda) take(node string) {
	a.Steps = slices.DeleteFunc(a.Steps, func(s Step) bool { return s.Node == node })
}

// Planner makes agendas.
type Planner struct {
	Options spread.Options
	// Every is after what time a plan is made anew though the old one holds; 0 is the
	// life of a machine, or a quarter of it for a rolling plan. Preemptions bunch
	// nodes again; more often than daily only costs deletions.
	Every time.Duration
}

// Make returns the agenda that the nodes' annotations hold, or a new one: when there
// is none, when a step was missed, and from time to time. madeAt is when the last
// plan was made, zero for never. The error is that of spread.Schedule.
//
// A step that was missed is not made up for at once: what was spread would be
// bunched again by doing all that is late.
func (p Planner) Make(s *pool.Snapshot, madeAt, now time.Time) (*Agenda, error) {
	a := &Agenda{MadeAt: madeAt, Void: map[string]string{}}
	missed := p.read(s, a, now)
	if !madeAt.IsZero() && !missed && now.Sub(madeAt) < p.every() {
		return a, nil
	}
	plan, err := spread.Schedule(s.Spread(), p.Options, now)
	if err != nil {
		return nil, err
	}
	machines := make(map[string]pool.Machine, len(s.Nodes))
	for i := range s.Nodes {
		machines[s.Nodes[i].Name] = s.Nodes[i].Machine
	}
	a.Plan, a.MadeAt, a.Steps = &plan, now, nil
	for _, step := range plan.Steps {
		a.Steps = append(a.Steps, Step{step.Node, ledger.Planned{At: step.At.Truncate(time.Millisecond), Reason: step.Reason, Machine: machines[step.Node]}})
	}
	return a, nil
}

// read takes what the annotations say, and reports whether a step was missed.
func (p Planner) read(s *pool.Snapshot, a *Agenda, now time.Time) (missed bool) {
	lag := p.lag(len(s.Nodes))
	for i := range s.Nodes {
		n := &s.Nodes[i]
		text, ok := n.Annotations[ledger.PlannedKey]
		if !ok {
			continue
		}
		planned, err := ledger.ParsePlanned(text)
		switch {
		case err != nil:
			a.Void[n.Name] = err.Error()
			missed = true
		case !planned.Holds(n.Machine):
			a.Void[n.Name] = "its machine is another one than was planned for"
		case now.Sub(planned.At) > lag:
			a.Void[n.Name] = "its time, " + planned.At.UTC().Format(time.RFC3339) + ", was missed"
			missed = true
		default:
			a.Steps = append(a.Steps, Step{n.Name, planned})
		}
	}
	slices.SortFunc(a.Steps, func(x, y Step) int {
		if c := x.At.Compare(y.At); c != 0 {
			return c
		}
		return strings.Compare(x.Node, y.Node)
	})
	return missed
}

// lag is by how much a step may be late, so that it still does what it is for: half
// a window, since planned deaths lie about two windows apart.
func (p Planner) lag(nodes int) time.Duration {
	o := p.Options.WithDefaults()
	window := o.Window
	if window == 0 && nodes > 0 {
		window = o.Life / time.Duration(2*nodes)
	}
	return max(window/2, minimumLag)
}

func (p Planner) every() time.Duration {
	life := p.Options.WithDefaults().Life
	switch {
	case p.Every > 0:
		return p.Every
	case p.Options.Mode == spread.Rolling:
		return life / 4
	}
	return life
}
