package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// InFlight are the replacements whose nodes are gone, so that nothing but the lease
// tells of them.
func (l *Lease) InFlight() ([]Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var records []Record
	text := l.object.Annotations[inFlightKey]
	if text == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &records); err != nil {
		return nil, fmt.Errorf("lease %s/%s, annotation %s: %w; remove the annotation when nothing is done with the pool any more", l.config.Namespace, l.config.Name, inFlightKey, err)
	}
	return records, nil
}

// SetInFlight writes a replacement down, or with done takes it out, and its step with
// it.
func (l *Lease) SetInFlight(ctx context.Context, record Record, done bool) error {
	return l.change(ctx, func(o *coordinationv1.Lease) {
		var kept []Record
		var records []Record
		if json.Unmarshal([]byte(o.Annotations[inFlightKey]), &records) != nil {
			records = nil // nobody can read it, InFlight has said so
		}
		for _, r := range records {
			if r.Node != record.Node {
				kept = append(kept, r)
			}
		}
		if !done {
			kept = append(kept, record)
		} else if p := planOf(o); !p.Reborn[record.Node].IsZero() {
			delete(p.Reborn, record.Node)
			annotate(o, planKey, encode(p))
		}
		if len(kept) == 0 {
			delete(o.Annotations, inFlightKey)
			return
		}
		annotate(o, inFlightKey, encode(kept))
	})
}

// Plan is what the lease tells of the plan that is on the nodes.
type Plan struct {
	MadeAt time.Time `json:"madeAt"`
	// Options tell plans of other options apart.
	Options string `json:"options"`
	// Reborn are the steps that are for the successors of nodes, by name: the Node that
	// could tell of one is often deleted with its machine.
	Reborn map[string]time.Time `json:"reborn,omitempty"`
}

// maxReborn is how many of these steps are kept, since all annotations of an object
// may have 256 KiB.
const maxReborn = 3000

// Plan is the last plan; its zero value, that there was none.
func (l *Lease) Plan() Plan {
	l.mu.Lock()
	defer l.mu.Unlock()
	return planOf(l.object)
}

// planOf reads a lease. A plan that nobody can read is as none.
func planOf(o *coordinationv1.Lease) Plan {
	var p Plan
	if json.Unmarshal([]byte(o.Annotations[planKey]), &p) != nil {
		return Plan{}
	}
	return p
}

// SetPlan writes a plan down.
func (l *Lease) SetPlan(ctx context.Context, p Plan) error {
	for name := range p.Reborn {
		if len(p.Reborn) <= maxReborn {
			break
		}
		delete(p.Reborn, name)
	}
	return l.change(ctx, func(o *coordinationv1.Lease) { annotate(o, planKey, encode(p)) })
}

func annotate(o *coordinationv1.Lease, key, text string) {
	if o.Annotations == nil {
		o.Annotations = map[string]string{}
	}
	o.Annotations[key] = text
}

// State is what a lease tells those who do not take it.
type State struct {
	Holder   string // empty when nobody is at work
	Plan     Plan
	InFlight []Record
	// Version is for Config.Unchanged.
	Version string
}

// Peek reads the lease without taking it. A lease that was never taken is an empty State.
func Peek(ctx context.Context, config Config) (State, error) {
	l := newLease(config)
	object, err := l.objects.Get(ctx, config.Name)
	if apierrors.IsNotFound(err) {
		return State{}, nil
	}
	if err != nil {
		return State{}, l.explain(err)
	}
	l.object = object
	inFlight, err := l.InFlight()
	s := State{Plan: planOf(object), InFlight: inFlight, Version: object.ResourceVersion}
	if time.Since(timeOf(object.Spec.RenewTime)) < l.config.Life {
		s.Holder = value(object.Spec.HolderIdentity)
	}
	return s, err
}
