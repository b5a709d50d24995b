package replace

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate"
)

// cloudEvery is the time between two questions to the cloud about what it does.
const cloudEvery = 10 * time.Second

// trouble asks the cloud, from time to time, what keeps the next machine from coming.
type trouble struct {
	replacer *Replacer
	record   *attempt
	// patience is how long the cloud may be in trouble, as its groups go on trying.
	patience time.Duration

	asked, since time.Time
	told         string
	scaled       bool
}

// ask returns an error when no other machine will come: the group is in trouble for
// long, or in any at the end of all waiting.
// scaled says that the group does not mean to have the machine any more, at two looks.
func (t *trouble) ask(ctx context.Context, last bool) (scaled bool, err error) {
	if !last && time.Since(t.asked) < min(cloudEvery, t.patience) {
		return false, nil
	}
	t.asked = time.Now()
	recreator, node := t.replacer.Recreator, t.record.Node
	err = recreator.Trouble(ctx, recreate.Target{Node: node, UID: t.record.Machine.UID, ProviderID: t.record.Machine.ProviderID}, t.record.Operation)
	if errors.Is(err, recreate.ErrNotMember) {
		if t.scaled {
			t.replacer.report(Event{Kind: Scaled, Node: node})
			return true, nil
		}
		t.scaled = true
		return false, nil
	}
	t.scaled = false
	if err == nil || ctx.Err() != nil {
		t.since, t.told = time.Time{}, ""
		return false, nil
	}
	if t.since.IsZero() {
		t.since = time.Now()
	}
	if text := err.Error(); text != t.told {
		t.told = text
		t.replacer.report(Event{Kind: Troubled, Node: node, Text: text})
	}
	if last || time.Since(t.since) >= t.patience {
		return false, fmt.Errorf("node %s: its machine is gone, and another one does not come: %w; the run goes on from here when it is started again", node, err)
	}
	return false, nil
}
