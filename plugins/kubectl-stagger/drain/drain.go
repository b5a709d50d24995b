package drain

import (
	"context"
	"time"

	"github.com/kubechores/kubechores/pkg/kube"
)

// Drainer drains nodes of a cluster.
type Drainer struct {
	Cluster *kube.Cluster
	Options Options
	// Report takes the steps of a drain, in the goroutine that called Drain; nil is
	// nobody.
	Report func(Event)
}

// maxAsking is how many evictions are asked for at the same time.
const maxAsking = 10

// Drain evicts the node's pods and waits until they are gone, or ctx ends. It does
// not cordon the node, and pods that come to it meanwhile are not evicted. A *Refused
// says that the plan is forbidden, and nothing was evicted; an *Incomplete that the
// drain began and did not come to its end, and what is left. Other errors are those of
// reading, before the first eviction.
func (d *Drainer) Drain(ctx context.Context, node string) error {
	plan, version, err := d.plan(ctx, node)
	if err != nil {
		return err
	}
	if err := plan.Err(); err != nil {
		return err
	}
	r := &run{
		Drainer: d, opts: d.Options.withDefaults(), node: node, version: version,
		// All that is under way can answer when nobody listens any more.
		answers: make(chan func() error, maxAsking+1),
	}
	r.nextLook = time.Now().Add(r.opts.LookEvery)
	for _, v := range plan.Evict {
		p := &progress{Victim: v}
		if !v.evict {
			p.state = going
			r.report(Event{Kind: Waiting, Pod: v.Pod})
		}
		r.pods = append(r.pods, p)
	}
	return r.toTheEnd(ctx)
}

// run is a drain under way. The goroutine that called Drain owns it; requests are made
// by others, and what they send is called by the owner.
type run struct {
	*Drainer
	opts    Options
	node    string
	pods    []*progress
	answers chan func() error
	asking  int // evictions asked for and not answered

	version  string // of the newest list of the node's pods
	looking  bool
	nextLook time.Time
	looked   time.Time // when the newest list was asked for
	failing  time.Time // since when there is none; zero while there is
	told     string    // of the failure, last
}

// toTheEnd runs the drain until all pods are gone, ctx ends or the API refuses. No
// request is under way when it returns.
func (r *run) toTheEnd(ctx context.Context) error {
	for r.open() {
		wake := time.NewTimer(time.Until(r.begin(ctx)))
		var err error
		select {
		case <-ctx.Done():
			err = context.Cause(ctx)
		case settle := <-r.answers:
			err = settle()
		case <-wake.C:
		}
		wake.Stop()
		if err != nil {
			r.await() // what was asked for may have been accepted
			return r.incomplete(err)
		}
	}
	return nil // the last pod was seen to be gone by a list, and no eviction was under way
}

// begin sends the requests that are due and says when the next one may be.
func (r *run) begin(ctx context.Context) time.Time {
	now := time.Now()
	if !r.looking && !now.Before(r.nextLook) {
		r.look(ctx)
	}
	wake := now.Add(r.opts.LookEvery)
	for _, p := range r.pods {
		if p.state != waiting {
			continue
		}
		switch due := !now.Before(p.next); {
		case !due:
			wake = earlier(wake, p.next)
		case r.asking < maxAsking && !r.looked.Before(p.answered): // else the pod may be another by now
			r.ask(ctx, p)
		}
	}
	if !r.looking {
		wake = earlier(wake, r.nextLook)
	}
	return wake
}

// await settles what is still under way.
func (r *run) await() {
	for r.asking > 0 || r.looking {
		settle := <-r.answers
		_ = settle() // the drain has ended; only its first error counts
	}
}

func (r *run) open() bool {
	for _, p := range r.pods {
		if p.state != gone {
			return true
		}
	}
	return false
}

func (r *run) report(e Event) {
	if r.Report != nil {
		r.Report(e)
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
