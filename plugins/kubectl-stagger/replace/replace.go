package replace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
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
	// Members looks at the pool's nodes, where a successor may have another name; nil
	// where names are kept. Known are the names of those that were there at the start.
	Members func(context.Context) ([]pool.Node, error)
	Known   map[string]bool
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
	for {
		node, err := r.Cluster.Nodes().Get(ctx, name)
		if apierrors.IsNotFound(err) {
			return &LeftError{Node: name, Err: errors.New("it is gone"), Moot: true}
		}
		if err != nil {
			return &LeftError{Node: name, Err: err}
		}
		if !meant(pool.MachineOf(node)) {
			return &LeftError{Node: name, Err: errors.New("another machine has taken its place since the plan was made"), Moot: true}
		}
		if other := node.Annotations[ledger.RecordKey]; other != "" {
			return &LeftError{Node: name, Err: fmt.Errorf("another run is at work on it, or was: annotation %s is %s", ledger.RecordKey, other)}
		}
		record := &attempt{Record: ledger.Record{Node: name, Step: ledger.Draining, Lease: r.Lease.ID(), Machine: pool.MachineOf(node), Cordoned: !node.Spec.Unschedulable, Began: time.Now().UTC()}}
		record.VM = r.vm(ctx, record)
		err = r.intend(ctx, record, node.ResourceVersion)
		if apierrors.IsConflict(err) && ctx.Err() == nil {
			continue // somebody has changed it, their cordon maybe
		}
		if err != nil {
			return err
		}
		return r.goOn(ctx, record)
	}
}

// Resume goes on with a replacement that was written down.
func (r *Replacer) Resume(ctx context.Context, record ledger.Record) error {
	return r.goOn(ctx, &attempt{Record: record, asked: record.Step != ledger.Draining, resumed: true})
}

// Abandon gives a node back whose drain an earlier run has begun.
func (r *Replacer) Abandon(ctx context.Context, record ledger.Record, why error) error {
	err := r.leave(ctx, &attempt{Record: record}, why)
	var left *LeftError
	if errors.As(err, &left) {
		left.Moot = true // its turn comes again
	}
	return err
}

// attempt is a replacement in the hands of this run.
type attempt struct {
	ledger.Record
	// asked is whether the machine may have been asked to go already: from then on
	// the node is not given back, since it may end at any moment.
	asked bool
	// resumed is whether an earlier run has begun it.
	resumed bool
	// looked is when the whole pool was last looked at for a successor.
	looked time.Time
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
	if record.asked || errors.Is(context.Cause(ctx), ledger.ErrLost) {
		return cause // without the lease it is another run's, which finds the record
	}
	return r.leave(ctx, record, cause)
}

// drain empties the node, or leaves it as it was found.
func (r *Replacer) drain(ctx context.Context, record *attempt) error {
	if gone, err := r.replacedAlready(ctx, record); gone || err != nil {
		return err
	}
	if record.resumed {
		if err := r.stillCordoned(ctx, record); err != nil {
			return err
		}
	}
	if err := r.empty(ctx, record); err != nil {
		return err
	}
	record.Step = ledger.Recreating
	return r.note(ctx, record)
}

// empty drains the node within its time.
func (r *Replacer) empty(ctx context.Context, record *attempt) error {
	draining, cancel := ctx, context.CancelFunc(func() {})
	if r.DrainTimeout > 0 {
		draining, cancel = context.WithTimeoutCause(ctx, r.DrainTimeout, fmt.Errorf("it took longer than %v", r.DrainTimeout))
	}
	defer cancel()
	if err := r.Drainer.Drain(draining, record.Node); err != nil {
		return err
	}
	r.report(Event{Kind: Drained, Node: record.Node})
	return nil
}

// recreate asks for the machine's end. When it was refused, the node is left as it
// was found: empty, but ready for pods.
func (r *Replacer) recreate(ctx context.Context, record *attempt) error {
	if gone, err := r.replacedAlready(ctx, record); gone || err != nil {
		return err
	}
	if record.asked {
		// Since an earlier run has emptied it, pods may have come back.
		if err := r.empty(ctx, record); err != nil {
			return err
		}
	}
	target, err := r.target(ctx, record)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	// Written down in the lease, too, which outlives the node. From here on the node is
	// not given back: should only the answer be lost, the lease says that it is empty.
	record.asked = true
	if err := r.noteInFlight(ctx, record); err != nil {
		return fmt.Errorf("node %s: that its machine is to go could not be written down: %w", record.Node, err)
	}
	// An answer that Ctrl-C kept from us would leave it open whether the machine goes.
	err = detached(ctx, requestTime, func(ctx context.Context) (err error) {
		record.Operation, err = r.Recreator.Recreate(ctx, target)
		return err
	})
	switch {
	case unclear(err):
		return fmt.Errorf("node %s: it is not known whether its machine goes, so it stays cordoned; the next run finds out: %w", record.Node, err)
	case err != nil:
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

// stillCordoned is an error when somebody has uncordoned a node that an earlier run
// was draining: pods are back on it, and its turn will come again.
func (r *Replacer) stillCordoned(ctx context.Context, record *attempt) error {
	node, err := r.Cluster.Nodes().Get(ctx, record.Node)
	if err == nil && !node.Spec.Unschedulable {
		return errors.New("somebody has uncordoned it since an earlier run began to drain it")
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// unclear reports whether a request may have been carried out although it failed.
func unclear(err error) bool {
	var answer *recreate.Error
	var network net.Error
	switch {
	case err == nil:
		return false
	case errors.As(err, &answer):
		return answer.Code >= 500
	}
	return errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
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
