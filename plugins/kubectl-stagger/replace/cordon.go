package replace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
)

const (
	// lastWords bounds what is done after the run was asked to end.
	lastWords = 10 * time.Second
	// requestTime bounds the request for a machine's end, with its retries.
	requestTime = time.Minute
)

// intend writes the intent down and cordons the node, in one patch: there is no
// moment in which it would not be known whose the cordon is. The UID in the patch
// makes the API refuse it for another Node of the same name.
//
// version is that of the Node which was looked at: where it has changed since, by a
// person's cordon maybe, the error is a Conflict.
func (r *Replacer) intend(ctx context.Context, record *attempt, version string) error {
	patch := map[string]any{
		"metadata": map[string]any{"uid": record.Machine.UID, "resourceVersion": version, "annotations": map[string]any{ledger.RecordKey: record.String()}},
		"spec":     map[string]any{"unschedulable": true},
	}
	// Not cut off by Ctrl-C, which would leave it open whether it is cordoned.
	err := detached(ctx, lastWords, func(ctx context.Context) error { return r.patch(ctx, record.Node, patch) })
	switch {
	case err == nil:
		r.report(Event{Kind: Cordoned, Node: record.Node})
		return nil
	case apierrors.ReasonForError(err) == metav1.StatusReasonUnknown: // no answer: it may be
		return r.leave(ctx, record, fmt.Errorf("cordoning it: %w", err))
	}
	return fmt.Errorf("node %s: cordoning it: %w", record.Node, explainPatch(err))
}

// note writes down how far the record has come. A Node that is gone needs no note.
func (r *Replacer) note(ctx context.Context, record *attempt) error {
	err := r.patch(ctx, record.Node, map[string]any{
		"metadata": map[string]any{"uid": record.Machine.UID, "annotations": map[string]any{ledger.RecordKey: record.String()}},
	})
	if kube.IsAnother(err) {
		return nil
	}
	return err
}

// noteInFlight writes down in the lease that a machine goes: the lease outlives the
// node. It is done even after Ctrl-C, for the machine goes whatever happens here.
func (r *Replacer) noteInFlight(ctx context.Context, record *attempt) error {
	return detached(ctx, lastWords, func(ctx context.Context) error { return r.Lease.SetInFlight(ctx, record.Record, false) })
}

// giveBack leaves the Node as it was found: without our record, and schedulable where
// it was us who cordoned it. The plan for it stays, so that another run tries it
// again, unless it is done. It is no error when the Node is gone. Another Node of the
// name has nothing of ours.
func (r *Replacer) giveBack(ctx context.Context, record *attempt, done bool) error {
	annotations := map[string]any{ledger.RecordKey: nil}
	if done {
		annotations[ledger.PlannedKey] = nil
	}
	patch := map[string]any{"metadata": map[string]any{"uid": record.Machine.UID, "annotations": annotations}}
	if record.Cordoned {
		patch["spec"] = map[string]any{"unschedulable": nil}
	}
	err := r.patch(ctx, record.Node, patch)
	if kube.IsAnother(err) {
		return nil
	}
	return err
}

// cordonAgain keeps somebody else's cordon, which has gone with the old Node object,
// on the successor of the same name.
func (r *Replacer) cordonAgain(ctx context.Context, record *attempt, successor *corev1.Node) error {
	if record.Cordoned || successor == nil || successor.Name != record.Node || successor.Spec.Unschedulable {
		return nil
	}
	err := r.patch(ctx, record.Node, map[string]any{"metadata": map[string]any{"uid": successor.UID}, "spec": map[string]any{"unschedulable": true}})
	if err != nil {
		return fmt.Errorf("node %s: it was cordoned by somebody before, and its new Node object is not: %w", record.Node, err)
	}
	return nil
}

// leave gives the node back, also after Ctrl-C.
func (r *Replacer) leave(ctx context.Context, record *attempt, cause error) error {
	err := detached(ctx, lastWords, func(ctx context.Context) error { return r.giveBack(ctx, record, false) })
	if err != nil {
		return fmt.Errorf("node %s: %w; it is still cordoned, as taking that back failed: %w", record.Node, cause, err)
	}
	if record.Cordoned {
		r.report(Event{Kind: Uncordoned, Node: record.Node})
	}
	return &LeftError{Node: record.Node, Err: cause}
}

// refused gives the node back when nobody would replace its machine. What refuses
// one refuses the others, too: the error is no *LeftError.
func (r *Replacer) refused(ctx context.Context, record *attempt, cause error) error {
	if err := detached(ctx, lastWords, func(ctx context.Context) error { return r.Lease.SetInFlight(ctx, record.Record, true) }); err != nil {
		return err
	}
	err := r.leave(ctx, record, cause)
	var left *LeftError
	if errors.As(err, &left) {
		return fmt.Errorf("node %s was drained and is back in service, but its machine could not be replaced: %w", record.Node, cause)
	}
	return err
}

// detached does something that must be done even when ctx has ended.
func detached(ctx context.Context, atMost time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), atMost)
	defer cancel()
	return do(ctx)
}

func (r *Replacer) patch(ctx context.Context, node string, patch map[string]any) error {
	body, err := json.Marshal(patch)
	if err != nil {
		return err
	}
	_, err = r.Cluster.Nodes().Patch(ctx, node, types.MergePatchType, body, metav1.PatchOptions{})
	return err
}

func explainPatch(err error) error {
	switch {
	case apierrors.IsForbidden(err):
		return fmt.Errorf("%w; it takes the right to patch nodes", err)
	case kube.IsAnother(err):
		return fmt.Errorf("it is gone, or another Node has its name now: %w", err)
	}
	return err
}
