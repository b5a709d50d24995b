package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// Unfinished returns the replacements that an earlier run has begun and not
// finished, by node. What the lease says counts, where the node says something, too:
// it is written later.
func Unfinished(s *pool.Snapshot, inFlight []ledger.Record) ([]ledger.Record, error) {
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
		record.Node = s.Nodes[i].Name
		records[record.Node] = record
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
	records, err := Unfinished(s, inFlight)
	if err != nil {
		return err
	}
	for _, record := range records {
		w.agenda.take(record.Node)
		w.report(Event{Kind: Resumed, Record: record})
		w.busy[record.Node] = true
		if err := w.ended(result{record.Node, w.Replacer.Resume(ctx, record)}); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}
