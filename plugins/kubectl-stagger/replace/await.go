package replace

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

const (
	successorTime = 15 * time.Minute
	pollTime      = 2 * time.Second
	// membersEvery is the time between two looks at the whole pool.
	membersEvery = 10 * time.Second
	// removeTries bounds how often a Node that changes all the time is tried to be
	// deleted in its current version.
	removeTries = 20
)

// await deletes the Node object of the machine that goes, and waits for another
// machine to be Ready. It can begin at any time after the request was accepted.
func (r *Replacer) await(ctx context.Context, record *attempt) error {
	if err := r.carriedOut(ctx, record); err != nil {
		return err
	}
	if !r.KeepNode {
		// Also after Ctrl-C: it is cordoned, and its machine is as good as gone.
		err := detached(ctx, lastWords, func(ctx context.Context) error { return r.remove(ctx, record) })
		if err != nil {
			return fmt.Errorf("node %s: its machine goes, but not its Node object: %w", record.Node, err)
		}
	}
	r.report(Event{Kind: Waiting, Node: record.Node})
	successor, err := r.successor(ctx, record)
	var missing *MissingError
	if errors.As(err, &missing) {
		// Nobody knows why. Later runs would all wait here, and do nothing else.
		err = errors.Join(err, detached(ctx, lastWords, func(ctx context.Context) error { return r.Lease.SetInFlight(ctx, record.Record, true) }))
	}
	if err != nil {
		return err
	}
	if err := r.cordonAgain(ctx, record, successor); err != nil {
		return err
	}
	if err := r.Lease.SetInFlight(ctx, record.Record, true); err != nil {
		return err
	}
	event := Event{Kind: Replaced, Node: record.Node, Took: time.Since(record.Began)}
	if successor != nil {
		event.Successor = successor.Name
	}
	r.report(event)
	return nil
}

// remove deletes the Node object, while it is still that of the machine that goes. One
// that another machine has taken over is given back: a kubelet whose Node is deleted
// does not register again until it is restarted.
func (r *Replacer) remove(ctx context.Context, record *attempt) error {
	for range removeTries {
		node, err := r.Cluster.Nodes().Get(ctx, record.Node)
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if !record.Machine.Same(pool.MachineOf(node)) {
			return r.giveBack(ctx, record, true)
		}
		if node.DeletionTimestamp != nil {
			return nil
		}
		err = r.Cluster.Nodes().Delete(ctx, record.Node, metav1.DeleteOptions{
			Preconditions: &metav1.Preconditions{UID: &node.UID, ResourceVersion: &node.ResourceVersion}})
		switch {
		case err == nil:
			r.report(Event{Kind: Removed, Node: record.Node})
			return nil
		case apierrors.IsNotFound(err):
			return nil
		case !apierrors.IsConflict(err):
			return err
		}
	}
	return fmt.Errorf("it changed %d times while it was looked at", removeTries)
}

// successor waits for the node that stands for the replaced one. It is nil where
// none is sure to come (Recreator.Replaces) and the old one has gone, and where the
// group was made smaller meanwhile.
func (r *Replacer) successor(ctx context.Context, record *attempt) (*corev1.Node, error) {
	patience := orDefault(r.SuccessorTimeout, successorTime)
	cloud := trouble{replacer: r, record: record, patience: patience / 5}
	for deadline := time.Now().Add(patience); ; {
		node, found, err := r.look(ctx, record)
		if found || ctx.Err() != nil {
			return node, context.Cause(ctx)
		}
		over := time.Now().After(deadline)
		if scaled, err := cloud.ask(ctx, over); scaled || err != nil {
			return nil, err
		}
		if over {
			return nil, &MissingError{Node: record.Node, After: patience, Last: err}
		}
		sleep(ctx, orDefault(r.Poll, pollTime))
	}
}

// look looks once. An error is a hint for the case that nothing is ever found.
func (r *Replacer) look(ctx context.Context, record *attempt) (node *corev1.Node, found bool, err error) {
	node, err = r.Cluster.Nodes().Get(ctx, record.Node)
	gone := apierrors.IsNotFound(err)
	switch {
	case err != nil && !gone:
		return nil, false, err
	case !gone && !record.Machine.Same(pool.MachineOf(node)):
		return node, isReady(node), nil
	case !r.Recreator.Replaces():
		return nil, gone, nil
	case r.Members == nil || time.Since(record.looked) < membersEvery && r.Poll == 0:
		return nil, false, nil
	}
	record.looked = time.Now()
	return r.newcomer(ctx, record)
}

// newcomer looks for a node of another name that has come since. Clocks may differ: of
// the nodes that this run has not seen before, none is too old.
func (r *Replacer) newcomer(ctx context.Context, record *attempt) (*corev1.Node, bool, error) {
	members, err := r.Members(ctx)
	if err != nil {
		return nil, false, err
	}
	for i := range members {
		n := &members[i]
		if (!r.Known[n.Name] || n.Created.After(record.Began)) && n.Ready && r.claim(n.Name) {
			node, err := r.Cluster.Nodes().Get(ctx, n.Name)
			return node, err == nil, err
		}
	}
	return nil, false, nil
}

// claim makes sure that no newcomer stands for two replaced nodes, nor one of these
// for another. It reports whether the name was free.
func (r *Replacer) claim(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.own == nil {
		r.own = map[string]bool{}
	}
	free := !r.own[name]
	r.own[name] = true
	return free
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func orDefault(d, fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return d
}

func isReady(node *corev1.Node) bool {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue && node.DeletionTimestamp == nil
		}
	}
	return false
}
