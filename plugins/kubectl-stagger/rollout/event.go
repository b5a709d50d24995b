package rollout

import "github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"

// Kind says what an Event tells.
type Kind int

// The kinds of Event.
const (
	Resumed Kind = iota // a replacement of an earlier run goes on: Record
	Planned             // a new plan: Agenda
	Waiting             // for Step's time
	Begun               // Step
	Left                // Step's node is as it was found: Err
	Trouble             // the pool could not be looked at, and is tried again: Err
)

// Event is progress of a run. That of each replacement is replace.Event.
type Event struct {
	Kind   Kind
	Step   Step
	Agenda *Agenda
	Record ledger.Record
	Err    error
}
