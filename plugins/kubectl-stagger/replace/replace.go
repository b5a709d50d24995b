package replace

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate"
)

// Drainer empties a node: package drain.
type Drainer interface {
	Drain(ctx context.Context, node string) error
}

// Replacer replaces nodes of one pool. Several may be under way at once.
type Replacer struct {
	Cluster   *kube.Cluster
	Drainer   Drainer
	Recreator recreate.Recreator
	// Cloud tells whether a machine has changed while its Node object has not; nil
	// where no cloud can be asked.
	Cloud pool.Cloud
	Lease *ledger.Lease
	// Selector selects the pool's nodes where a successor may have another name; empty
	// where names are kept.
	Selector string
	// KeepNode is for platforms that delete the Node object themselves.
	KeepNode bool
	// DrainTimeout is how long a drain may take; 0 is for ever.
	DrainTimeout time.Duration
	// SuccessorTimeout is how long another machine may take to be Ready; 0 is 15 min.
	SuccessorTimeout time.Duration
	// Poll is the time between two looks for it; 0 is 2 s.
	Poll time.Duration
	// Report tells of progress. Calls for different nodes may overlap.
	Report func(Event)

	mu  sync.Mutex
	own map[string]bool // nodes that are, were, or stand for those replaced: no newcomers
}

// Replace replaces the machine that is behind the node now, if it is still one that
// is meant. A *LeftError says that the node is as it was found, and others may be
// tried; every other error that nothing more should be tried.
func (r *Replacer) Replace(ctx context.Context, name string, meant func(pool.Machine) bool) error {
	node, err := r.Cluster.Nodes().Get(ctx, name)
	if apierrors.IsNotFound(err) {
		return &LeftError{Node: name, Err: errors.New("it is gone")}
	}
	if err != nil {
		return err
	}
	if !meant(pool.MachineOf(node)) {
		return &LeftError{Node: name, Err: errors.New("another machine has taken its place since the plan was made")}
	}
	record := &attempt{Record: ledger.Record{Node: name, Step: ledger.Draining, Machine: pool.MachineOf(node), Cordoned: !node.Spec.Unschedulable, Began: time.Now().UTC()}}
	record.VM = r.vm(ctx, record)
	if err := r.intend(ctx, record); err != nil {
		return err
	}
	return r.goOn(ctx, record)
}

// Resume goes on with a replacement that was written down.
func (r *Replacer) Resume(ctx context.Context, record ledger.Record) error {
	return r.goOn(ctx, &attempt{Record: record, asked: record.Step != ledger.Draining})
}

// attempt is a replacement in the hands of this run.
type attempt struct {
	ledger.Record
	// asked is whether the machine may have been asked to go already: from then on
	// the node is not given back, since it may end at any moment.
	asked bool
}

// goOn does the steps that are left.
func (r *Replacer) goOn(ctx context.Context, record *attempt) error {
	r.claim(record.Node)
	for _, step := range []struct {
		name ledger.Step
		do   func(context.Context, *attempt) error
	}{{ledger.Draining, r.drain}, {ledger.Recreating, r.recreate}, {ledger.Awaiting, r.await}} {
		if record.Step != step.name {
			continue
		}
		if err := step.do(ctx, record); err != nil {
			return r.failed(ctx, record, err)
		}
	}
	return nil
}

// failed gives the node back where its machine was not asked to go, also after
// Ctrl-C.
func (r *Replacer) failed(ctx context.Context, record *attempt, cause error) error {
	if record.asked {
		return cause
	}
	return r.leave(ctx, record, cause)
}

// drain empties the node, or leaves it as it was found.
func (r *Replacer) drain(ctx context.Context, record *attempt) error {
	if gone, err := r.replacedAlready(ctx, record); gone || err != nil {
		return err
	}
	draining, cancel := ctx, context.CancelFunc(func() {})
	if r.DrainTimeout > 0 {
		draining, cancel = context.WithTimeoutCause(ctx, r.DrainTimeout, fmt.Errorf("it took longer than %v", r.DrainTimeout))
	}
	defer cancel()
	if err := r.Drainer.Drain(draining, record.Node); err != nil {
		return err
	}
	r.report(Event{Kind: Drained, Node: record.Node})
	record.Step = ledger.Recreating
	return r.note(ctx, record)
}

// recreate asks for the machine's end. When it was refused, the node is left as it
// was found: empty, but ready for pods.
func (r *Replacer) recreate(ctx context.Context, record *attempt) error {
	if gone, err := r.replacedAlready(ctx, record); gone || err != nil {
		return err
	}
	target, err := r.target(ctx, record)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	record.asked = true
	// An answer that Ctrl-C kept from us would leave it open whether the machine goes.
	err = detached(ctx, requestTime, func(ctx context.Context) (err error) {
		record.Operation, err = r.Recreator.Recreate(ctx, target)
		return err
	})
	if err != nil {
		return r.refused(ctx, record, err)
	}
	r.report(Event{Kind: Accepted, Node: record.Node, Text: r.Recreator.Name()})
	if record.Operation.Notice != "" {
		r.report(Event{Kind: Noticed, Node: record.Node, Text: record.Operation.Notice})
	}
	record.Step = ledger.Awaiting
	if err := r.noteInFlight(ctx, record); err != nil {
		return fmt.Errorf("node %s: its machine is being replaced, but that could not be written down: %w", record.Node, err)
	}
	return nil
}

// target is what a Recreator has to know. The Node may be gone already.
func (r *Replacer) target(ctx context.Context, record *attempt) (recreate.Target, error) {
	t := recreate.Target{Node: record.Node, UID: record.Machine.UID, ProviderID: record.Machine.ProviderID, InstanceID: record.VM}
	node, err := r.Cluster.Nodes().Get(ctx, record.Node)
	if apierrors.IsNotFound(err) {
		return t, nil
	}
	if err == nil {
		t.Labels, t.Annotations = node.Labels, node.Annotations
	}
	return t, err
}

// replacedAlready looks whether another machine has taken the place, and then moves
// the record on to awaiting it.
func (r *Replacer) replacedAlready(ctx context.Context, record *attempt) (bool, error) {
	node, err := r.Cluster.Nodes().Get(ctx, record.Node)
	switch {
	case apierrors.IsNotFound(err):
		// Deleted by somebody, or by a controller because the machine has died. A
		// machine that still lives must go: no Node would ever tell of it again.
		if r.stillThere(ctx, record) {
			return false, nil
		}
	case err != nil:
		return false, err
	case record.Machine.Same(pool.MachineOf(node)) && (record.Step != ledger.Recreating || r.stillThere(ctx, record)):
		return false, nil // the cloud is asked where an earlier run may have asked for the recreation, and not known of it
	}
	r.report(Event{Kind: Died, Node: record.Node})
	record.Step, record.asked = ledger.Awaiting, true
	return true, r.noteInFlight(ctx, record)
}

// stillThere reports whether the cloud knows the record's machine. Where it cannot
// be asked, or never knew its ID, that is assumed.
func (r *Replacer) stillThere(ctx context.Context, record *attempt) bool {
	if r.Cloud == nil || record.VM == "" {
		return true
	}
	vms, err := r.Cloud.VMs(ctx, []pool.Node{{Name: record.Node, Machine: record.Machine}})
	vm, known := vms[record.Node]
	return err != nil || !known || vm.InstanceID == record.VM
}

// vm is the cloud's ID of a node's machine. An annotation of the Node object may be
// older than the machine.
func (r *Replacer) vm(ctx context.Context, record *attempt) string {
	if r.Cloud == nil {
		return ""
	}
	vms, err := r.Cloud.VMs(ctx, []pool.Node{{Name: record.Node, Machine: record.Machine}})
	if err != nil {
		return "" // it only makes a rare case clearer
	}
	return vms[record.Node].InstanceID
}
