package ledger

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate"
)

// Step is how far a replacement has come.
type Step string

// The steps, in order. Each is written down before it begins.
const (
	Draining   Step = "draining"   // cordoned; pods are being evicted
	Recreating Step = "recreating" // the node is empty; its machine is about to be asked to go
	Awaiting   Step = "awaiting"   // it will go for sure; another one is waited for
)

// Record is one replacement under way.
type Record struct {
	Node string `json:"node"`
	Step Step   `json:"step"`
	// Machine is the one that is to go, as its Node object shows it.
	Machine pool.Machine `json:"machine"`
	// VM is its ID in the cloud's own words; empty where that could not be asked.
	VM string `json:"vm,omitempty"`
	// Lease is that of the run, NAMESPACE/NAME: runs over other selections of nodes
	// leave the node alone.
	Lease string `json:"lease,omitempty"`
	// Cordoned is whether we cordoned the node, and may take that back.
	Cordoned  bool               `json:"cordoned,omitempty"`
	Operation recreate.Operation `json:"operation,omitzero"`
	Began     time.Time          `json:"began"`
}

// String is the annotation's value.
func (r Record) String() string { return encode(r) }

// ParseRecord reads an annotation's value. The error quotes it.
func ParseRecord(value string) (Record, error) {
	var r Record
	if err := json.Unmarshal([]byte(value), &r); err != nil {
		return r, fmt.Errorf("annotation %s: %q: %w", RecordKey, value, err)
	}
	switch r.Step {
	case Draining, Recreating, Awaiting:
		return r, nil
	}
	return r, fmt.Errorf("annotation %s: %q: unknown step %q", RecordKey, value, r.Step)
}
