package ledger

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// The annotations of nodes.
const (
	Prefix = "stagger.kubechores.io/"
	// PlannedKey holds a Planned.
	PlannedKey = Prefix + "planned"
	// RecordKey holds a Record.
	RecordKey = Prefix + "replacement"
)

// Planned is when a node's machine is to be replaced.
type Planned struct {
	At     time.Time     `json:"at"`
	Reason spread.Reason `json:"reason"`
	// MadeAt is when the plan was made. A step of another plan than the lease tells of
	// is what is left of one that was not written down as a whole.
	MadeAt time.Time `json:"madeAt"`
	// Machine is the one that was there when the plan was made.
	Machine pool.Machine `json:"machine"`
}

// Holds reports whether the plan is still good for the machine that is there now. A
// machine that has died early moved its death by that, and the plan is void; but a
// plan for the successor of one that dies of age holds for every machine.
func (p Planned) Holds(now pool.Machine) bool {
	return p.Reason == spread.Reborn || p.Machine.Same(now)
}

// String is the annotation's value.
func (p Planned) String() string { return encode(p) }

// ParsePlanned reads an annotation's value. The error quotes it.
func ParsePlanned(value string) (Planned, error) {
	var p Planned
	if err := json.Unmarshal([]byte(value), &p); err != nil {
		return p, fmt.Errorf("annotation %s: %q: %w", PlannedKey, value, err)
	}
	if p.At.IsZero() {
		return p, fmt.Errorf("annotation %s: %q has no time", PlannedKey, value)
	}
	return p, nil
}

// encode marshals types that always can be.
func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
