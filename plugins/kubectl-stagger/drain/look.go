package drain

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// look lists the node's pods: one request for all pods that are waited for. A pod is
// gone when its UID is; another pod of the same name is nobody's concern.
func (r *run) look(ctx context.Context) {
	r.looking = true
	started, version := time.Now(), r.version
	go func() {
		list, err := r.podsOn(ctx, r.node, version)
		r.answers <- func() error { return r.see(started, list, err) }
	}()
}

// see takes a list of the node's pods, or why there is none. An error ends the drain.
func (r *run) see(started time.Time, list *corev1.PodList, err error) error {
	now := time.Now()
	r.looking, r.nextLook = false, now.Add(r.opts.LookEvery)
	if a := answerOf(err); a != accepted {
		if a == unanswered {
			return nil
		}
		if r.failing.IsZero() {
			r.failing = started
		}
		if a != failed || now.Sub(r.failing) >= r.opts.Patience {
			return fmt.Errorf("pods of node %s: %w", r.node, err)
		}
		if kind := kindOf(err); r.told != kind {
			r.told = kind
			r.report(Event{Kind: Retrying, Err: err})
		}
		return nil
	}
	r.failing, r.told, r.looked, r.version = time.Time{}, "", started, list.ResourceVersion
	there := make(map[types.UID]*corev1.Pod, len(list.Items))
	for i := range list.Items {
		there[list.Items[i].UID] = &list.Items[i]
	}
	for _, p := range r.pods {
		if p.state == waiting || p.state == going { // an answer that is under way comes first
			r.seePod(p, there[p.UID], now)
		}
	}
	return nil
}

// seePod takes a pod as it is now; nil is gone.
func (r *run) seePod(p *progress, pod *corev1.Pod, now time.Time) {
	if pod == nil {
		p.state = gone
		r.report(Event{Kind: Gone, Pod: p.Pod})
		return
	}
	if pod.DeletionTimestamp == nil {
		return
	}
	p.until, p.finalizers = pod.DeletionTimestamp.Time, pod.Finalizers
	if r.opts.overdue(p.until, now) {
		p.state = gone
		r.report(Event{Kind: Skipped, Pod: p.Pod})
		return
	}
	if p.state == waiting && !r.opts.hastens(pod) { // somebody else deletes it
		p.state, p.hold, p.err = going, nil, nil
		r.report(Event{Kind: Waiting, Pod: p.Pod})
	}
}
