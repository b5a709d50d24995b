package ledger

import (
	"context"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// take gets the lease, or the *HeldError.
func (l *Lease) take(ctx context.Context) error {
	for {
		object, err := l.objects.Get(ctx, l.config.Name)
		if apierrors.IsNotFound(err) && l.config.Unchanged != "" {
			return ErrChanged
		}
		if apierrors.IsNotFound(err) {
			object, err = l.objects.Create(ctx, l.claimed(l.empty()))
			if apierrors.IsAlreadyExists(err) {
				continue // another run was quicker
			}
			l.object = object
			return l.explain(err)
		}
		if err != nil {
			return l.explain(err)
		}
		if err := l.mayTake(ctx, object); err != nil {
			return err
		}
		if l.config.Unchanged != "" && object.ResourceVersion != l.config.Unchanged {
			return ErrChanged
		}
		object, err = l.objects.Update(ctx, l.config.Name, l.claimed(object))
		if apierrors.IsConflict(err) {
			continue
		}
		l.object = object
		return l.explain(err)
	}
}

// mayTake returns the *HeldError unless the holder is dead. Clocks may differ: a
// holder whose lease seems to be over is watched for a sign of life before that is
// believed.
func (l *Lease) mayTake(ctx context.Context, seen *coordinationv1.Lease) error {
	holder := value(seen.Spec.HolderIdentity)
	if holder == "" || holder == l.config.Holder {
		return nil
	}
	if time.Since(timeOf(seen.Spec.RenewTime)) < l.config.Life {
		return l.held(seen)
	}
	wait := l.config.Life / 2 // two signs of life
	if l.config.Waiting != nil {
		l.config.Waiting(holder, wait)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(wait):
	}
	now, err := l.objects.Get(ctx, l.config.Name)
	switch {
	case apierrors.IsNotFound(err):
		return nil // the update conflicts, and all begins anew
	case err != nil:
		return l.explain(err)
	case now.ResourceVersion != seen.ResourceVersion && value(now.Spec.HolderIdentity) != "":
		return l.held(now)
	}
	return nil
}

func (l *Lease) held(o *coordinationv1.Lease) error {
	renewed := timeOf(o.Spec.RenewTime)
	return &HeldError{Lease: l.config.Namespace + "/" + l.config.Name, Holder: value(o.Spec.HolderIdentity),
		Since: timeOf(o.Spec.AcquireTime), Renewed: renewed, Ends: renewed.Add(l.config.Life)}
}

func (l *Lease) explain(err error) error {
	switch {
	case apierrors.IsForbidden(err):
		return fmt.Errorf("%w; the lease keeps two runs from changing the pool at once: it takes the rights to get, create and update leases in namespace %s, or --lease-namespace", err, l.config.Namespace)
	case apierrors.IsNotFound(err):
		return fmt.Errorf("%w (--lease-namespace)", err)
	}
	return err
}

func (l *Lease) empty() *coordinationv1.Lease {
	return &coordinationv1.Lease{
		TypeMeta:   metav1.TypeMeta{APIVersion: "coordination.k8s.io/v1", Kind: "Lease"},
		ObjectMeta: metav1.ObjectMeta{Namespace: l.config.Namespace, Name: l.config.Name, Labels: map[string]string{"app.kubernetes.io/managed-by": "kubectl-stagger"}},
	}
}

// claimed returns a copy of the lease that is ours.
func (l *Lease) claimed(o *coordinationv1.Lease) *coordinationv1.Lease {
	o = o.DeepCopy()
	now := metav1.NowMicro()
	if value(o.Spec.HolderIdentity) != l.config.Holder {
		o.Spec.AcquireTime = &now
		o.Spec.LeaseTransitions = new(value(o.Spec.LeaseTransitions) + 1)
	}
	o.Spec.HolderIdentity = &l.config.Holder
	o.Spec.LeaseDurationSeconds = new(max(1, int32(l.config.Life/time.Second)))
	o.Spec.RenewTime = &now
	return o
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func timeOf(t *metav1.MicroTime) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}
