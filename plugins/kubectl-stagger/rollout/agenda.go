package rollout

import (
	"fmt"
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

// Make returns the agenda that an earlier plan has left on the nodes and in the lease,
// or a new one: when there is none or it was made with other options, when a step was
// missed, and from time to time. The error is that of spread.Schedule.
//
// A step that was missed is not made up for at once: what was spread would be
// bunched again by doing all that is late.
func (p Planner) Make(s *pool.Snapshot, earlier ledger.Plan, now time.Time) (*Agenda, error) {
	a := &Agenda{MadeAt: earlier.MadeAt, Void: map[string]string{}}
	missed := p.read(s, earlier, a, now)
	if !earlier.MadeAt.IsZero() && earlier.Options == p.fingerprint() && !missed && now.Sub(earlier.MadeAt) < p.every() {
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
	a.Plan, a.MadeAt, a.Steps = &plan, now.UTC().Truncate(time.Millisecond), nil
	for _, step := range plan.Steps {
		a.Steps = append(a.Steps, Step{step.Node, ledger.Planned{At: step.At.Truncate(time.Millisecond), Reason: step.Reason, MadeAt: a.MadeAt, Machine: machines[step.Node]}})
	}
	return a, nil
}

// fingerprint tells plans of other options apart.
func (p Planner) fingerprint() string {
	o := p.Options.WithDefaults()
	zone := "" // without hours it is only how times are printed
	if len(o.Hours.Spans) > 0 && o.Hours.Zone != nil {
		zone = o.Hours.Zone.String()
	}
	return fmt.Sprint(o.Life, o.Boot, o.Window, o.Max, o.DrainTime, o.Concurrency, o.Hours.Spans, zone, o.Mode, o.Even, o.Compress, o.Horizon)
}

// written is the agenda's plan as the lease keeps it.
func (p Planner) written(a *Agenda) ledger.Plan {
	plan := ledger.Plan{MadeAt: a.MadeAt, Options: p.fingerprint()}
	for _, step := range a.Steps {
		if step.Reason == spread.Reborn {
			if plan.Reborn == nil {
				plan.Reborn = map[string]time.Time{}
			}
			plan.Reborn[step.Node] = step.At
		}
	}
	return plan
}

// read takes what is written down, and reports whether a step was missed, or cannot be
// trusted.
func (p Planner) read(s *pool.Snapshot, earlier ledger.Plan, a *Agenda, now time.Time) (missed bool) {
	lag := p.lag(len(s.Nodes))
	for i := range s.Nodes {
		n := &s.Nodes[i]
		planned, ok, err := plannedFor(n, earlier)
		switch {
		case err != nil:
			a.Void[n.Name] = err.Error()
			missed = true
		case !ok:
		case !planned.MadeAt.Equal(earlier.MadeAt):
			a.Void[n.Name] = "it is of a plan that was not written down as a whole"
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

// plannedFor is the step that is written down for a node: on it, or where it is for the
// successor of one that has gone, in the lease.
func plannedFor(n *pool.Node, earlier ledger.Plan) (planned ledger.Planned, ok bool, err error) {
	if text, there := n.Annotations[ledger.PlannedKey]; there {
		planned, err = ledger.ParsePlanned(text)
		return planned, true, err
	}
	at, ok := earlier.Reborn[n.Name]
	return ledger.Planned{At: at, Reason: spread.Reborn, MadeAt: earlier.MadeAt, Machine: n.Machine}, ok, nil
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
