package drain

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ask sends the eviction of a pod and, when that is declined, looks why.
func (r *run) ask(ctx context.Context, p *progress) {
	if p.asked.IsZero() {
		r.report(Event{Kind: Evicting, Pod: p.Pod})
	}
	p.state, p.asked = asking, time.Now()
	r.asking++
	victim := p.Victim
	go func() {
		err := r.send(ctx, victim)
		a := answerOf(err)
		switch a {
		case blocked:
			hold, unread := r.explain(ctx, victim, err)
			if errors.Is(unread, errUnanswered) {
				a = unanswered // as far as it matters
			}
			r.answers <- func() error { return r.answer(p, a, err, hold) }
			return
		case hopeless:
			if manyBudgets(err) {
				err = r.explainMany(ctx, victim)
			}
		}
		r.answers <- func() error { return r.answer(p, a, err, nil) }
	}()
}

// send asks for the eviction of just this pod, not of another of the same name.
func (r *run) send(ctx context.Context, v Victim) error {
	opts := metav1.DeleteOptions{
		GracePeriodSeconds: r.opts.graceSeconds(),
		Preconditions:      &metav1.Preconditions{UID: &v.UID},
	}
	return r.opts.request(ctx, func(ctx context.Context) error {
		if r.opts.DisableEviction {
			return r.Cluster.Pods(v.Namespace).Delete(ctx, v.Name, opts)
		}
		return r.Cluster.Evict(ctx, v.Namespace, v.Name, opts)
	})
}

// errUnanswered is all that is known of a request when the drain ends before it.
var errUnanswered = errors.New("the drain ended before the API server answered")

// request bounds a request's time, and tells the end of that time from the end of ctx.
func (o Options) request(ctx context.Context, do func(context.Context) error) error {
	limit := o.withDefaults().Patience / 2
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := do(bounded)
	var status apierrors.APIStatus
	switch {
	case err == nil || errors.As(err, &status):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w", errUnanswered, context.Cause(ctx))
	case bounded.Err() != nil:
		return fmt.Errorf("no answer from the API server in %s", limit)
	}
	return err
}

// answer is what came of asking for a pod. An error ends the drain.
func (r *run) answer(p *progress, a answer, err error, hold *Hold) error {
	r.asking--
	now := time.Now()
	p.state, p.answered = waiting, now
	if a == unanswered && p.hold != nil {
		return nil // what held it back at the try before says more
	}
	p.hold, p.err = hold, err
	if hold != nil {
		p.err = nil // it says the same in better words
	}
	switch a {
	case accepted:
		p.state, p.evicted = going, true
		r.report(Event{Kind: Evicted, Pod: p.Pod, Grace: p.Grace})
	case blocked:
		if p.declines(hold.String(), now, r.opts.RetryEvery, err) {
			r.report(Event{Kind: Blocked, Pod: p.Pod, Hold: hold})
		}
	case terminating:
		if p.declines(kindOf(err), now, r.opts.RetryEvery, err) {
			r.report(Event{Kind: Terminating, Pod: p.Pod})
		}
	case failed, absent:
		if p.failing.IsZero() {
			p.failing = p.asked
		}
		if now.Sub(p.failing) >= r.opts.Patience {
			return fmt.Errorf("eviction of %s, tried for %s: %w", p.Pod, r.opts.Patience, err)
		}
		if p.declines(kindOf(err), now, r.opts.LookEvery, err) && a == failed {
			r.report(Event{Kind: Retrying, Pod: p.Pod, Err: err})
		}
		return nil
	case hopeless:
		return fmt.Errorf("eviction of %s: %w", p.Pod, err)
	case unanswered:
	}
	p.failing = time.Time{}
	return nil
}

// incomplete is the error of a drain that ends with this one.
func (r *run) incomplete(cause error) error {
	e := &Incomplete{Node: r.node, Cause: cause}
	now := time.Now()
	for _, p := range r.pods {
		if p.evicted {
			e.Evicted = append(e.Evicted, p.Pod)
		}
		if p.state == gone {
			continue
		}
		left := Remaining{Pod: p.Pod, Going: p.state == going, Hold: p.hold, Err: p.err, Finalizers: p.finalizers}
		if !p.until.IsZero() {
			left.Overdue = max(0, now.Sub(p.until))
		}
		e.Remaining = append(e.Remaining, left)
	}
	return e
}
