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
		return nil, fmt.Errorf("lease %s/%s, annotation %s: %w", l.config.Namespace, l.config.Name, inFlightKey, err)
	}
	return records, nil
}

// SetInFlight writes a replacement down, or with done takes it out.
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
		}
		if len(kept) == 0 {
			delete(o.Annotations, inFlightKey)
			return
		}
		annotate(o, inFlightKey, encode(kept))
	})
}

// PlannedAt is when the last plan was made; zero when there was none.
func (l *Lease) PlannedAt() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, err := time.Parse(time.RFC3339, l.object.Annotations[plannedAtKey])
	if err != nil {
		return time.Time{}
	}
	return at
}

// SetPlannedAt writes down when a plan was made.
func (l *Lease) SetPlannedAt(ctx context.Context, at time.Time) error {
	return l.change(ctx, func(o *coordinationv1.Lease) { annotate(o, plannedAtKey, at.UTC().Format(time.RFC3339)) })
}

func annotate(o *coordinationv1.Lease, key, text string) {
	if o.Annotations == nil {
		o.Annotations = map[string]string{}
	}
	o.Annotations[key] = text
}

// State is what a lease tells those who do not take it.
type State struct {
	Holder    string // empty when nobody is at work
	PlannedAt time.Time
	InFlight  []Record
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
	s := State{PlannedAt: l.PlannedAt(), InFlight: inFlight}
	if time.Since(timeOf(object.Spec.RenewTime)) < l.config.Life {
		s.Holder = value(object.Spec.HolderIdentity)
	}
	return s, err
}
