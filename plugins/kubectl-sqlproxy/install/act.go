package install

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kube"
)

// stepTime bounds one request that changes something: it is not cut short by an
// interrupt, so that it is known what it did.
const stepTime = 30 * time.Second

// Apply does the steps that make and change objects. It tells done of each; the error
// is the one at which it ended, or ctx's.
func (p *Plan) Apply(ctx context.Context, c *kube.Cluster, done func(*Step)) error {
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Action != Create && s.Action != Change && s.Action != Unchanged {
			continue
		}
		// What is unchanged is applied, too: another may have changed it since.
		err := once(ctx, func(ctx context.Context) error {
			_, err := client(c, s.Object).Apply(ctx, s.Name, s.wanted, kube.ApplyOptions{Manager: Manager, Force: len(s.Taken) > 0})
			return err
		})
		if err != nil {
			return unlessEnded(ctx, explained(s.Object, err), err)
		}
		done(s)
	}
	return nil
}

// Remove does the steps that remove objects. What is gone already, and another object
// under its name, is left alone.
func (p *Plan) Remove(ctx context.Context, c *kube.Cluster, done func(*Step)) error {
	var wrong []error
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Action != Remove {
			continue
		}
		err := once(ctx, func(ctx context.Context) error {
			background := metav1.DeletePropagationBackground
			return client(c, s.Object).Delete(ctx, s.Name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &s.uid}, PropagationPolicy: &background})
		})
		switch {
		case ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
			return err
		case apierrors.IsNotFound(err), apierrors.IsConflict(err):
		case err != nil:
			wrong = append(wrong, fmt.Errorf("%s: %w", s.Object, err))
		default:
			done(s)
		}
	}
	return errors.Join(wrong...)
}

// TryRemove has the API server check the steps that remove objects, and removes nothing.
func (p *Plan) TryRemove(ctx context.Context, c *kube.Cluster) error {
	var wrong []error
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Action != Remove {
			continue
		}
		err := client(c, s.Object).Delete(ctx, s.Name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &s.uid}, DryRun: []string{metav1.DryRunAll}})
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", s.Object, err))
		}
	}
	return errors.Join(wrong...)
}

// once does one request, unless ctx has ended before.
func once(ctx context.Context, do func(context.Context) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepTime)
	defer cancel()
	return do(whole)
}

func unlessEnded(ctx context.Context, explained, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return err
	}
	return explained
}
