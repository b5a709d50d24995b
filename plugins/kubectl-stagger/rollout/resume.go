package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// Unfinished returns the replacements that an earlier run with this lease (NAMESPACE/NAME)
// has begun and not finished, by node. What the lease says counts, where the node says
// something, too: it is written later.
func Unfinished(s *pool.Snapshot, lease string, inFlight []ledger.Record) ([]ledger.Record, error) {
	records := map[string]ledger.Record{}
	var wrong []error
	for i := range s.Nodes {
		text, ok := s.Nodes[i].Annotations[ledger.RecordKey]
		if !ok {
			continue
		}
		record, err := ledger.ParseRecord(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("node %s: %w; remove it when nothing is done with the node any more", s.Nodes[i].Name, err))
			continue
		}
		if record.Node = s.Nodes[i].Name; record.Lease == lease {
			records[record.Node] = record
		}
	}
	for _, record := range inFlight {
		records[record.Node] = record
	}
	sorted := make([]ledger.Record, 0, len(records))
	for _, record := range records {
		sorted = append(sorted, record)
	}
	slices.SortFunc(sorted, func(a, b ledger.Record) int { return strings.Compare(a.Node, b.Node) })
	return sorted, errors.Join(wrong...)
}

// resume finishes what an earlier run has begun, one node after the other.
func (w *work) resume(ctx context.Context, s *pool.Snapshot) error {
	inFlight, err := w.Lease.InFlight()
	if err != nil {
		return err
	}
	records, err := Unfinished(s, w.Lease.ID(), inFlight)
	if err != nil {
		return err
	}
	for _, record := range records {
		w.agenda.take(record.Node)
		w.report(Event{Kind: Resumed, Record: record})
		w.busy[record.Node] = true
		if err := w.ended(result{record.Node, w.goOn(ctx, record)}); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// goOn finishes a replacement. A drain that is not in its time any more is given up
// instead: its node's turn is planned anew.
func (w *work) goOn(ctx context.Context, record ledger.Record) error {
	o := w.Planner.Options.WithDefaults()
	late := time.Since(record.Began) > w.Planner.lag(w.nodes)+o.DrainTime
	switch {
	case record.Step != ledger.Draining:
	case late:
		return w.Replacer.Abandon(ctx, record, fmt.Errorf("its drain was begun at %s, and is too late by now", record.Began.Format(time.RFC3339)))
	case !o.Hours.Allow(time.Now()):
		return w.Replacer.Abandon(ctx, record, errors.New("its drain was begun by a run that ended, and nodes are not drained at this hour"))
	}
	return w.Replacer.Resume(ctx, record)
}
