package rollout

import (
	"context"
	"errors"
	"time"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/replace"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// Replacer replaces nodes: package replace.
type Replacer interface {
	Replace(ctx context.Context, node string, meant func(pool.Machine) bool) error
	Resume(ctx context.Context, record ledger.Record) error
	Abandon(ctx context.Context, record ledger.Record, why error) error
}

// Rollout carries out the plans for one pool.
type Rollout struct {
	Cluster  *kube.Cluster
	Lease    *ledger.Lease
	Replacer Replacer
	Planner  Planner
	// Collect looks at the pool anew.
	Collect func(context.Context) (*pool.Snapshot, error)
	// Until is when the run ends: steps of a later time are left to another run. Zero
	// is when nothing is left to do, which of a rolling plan is never.
	Until time.Time
	// Report tells of progress.
	Report func(Event)
}

// Outcome is what a run has done.
type Outcome struct {
	Replaced []string
	// Left are nodes that could not be replaced and are as they were found. Those for
	// which nothing was to be done any more are not among them.
	Left []*replace.LeftError
	// Next is the first step that is left to another run, nil when none is.
	Next *Step
}

// Run carries out what is due, and what becomes due before Until. agenda is what the
// user has agreed to; later plans are made as the Planner says. What an earlier run
// has begun is finished first. Errors other than the nodes' that were left end the
// run.
func (r *Rollout) Run(ctx context.Context, s *pool.Snapshot, agenda *Agenda) (Outcome, error) {
	w := &work{Rollout: r, agenda: agenda, nodes: len(s.Nodes), results: make(chan result), busy: map[string]bool{}}
	err := w.resume(ctx, s)
	if err == nil && agenda.Plan != nil {
		err = r.write(ctx, s, agenda)
	}
	if err == nil {
		err = w.loop(ctx)
	}
	return w.outcome, errors.Join(err, w.drainResults())
}

// result is how one replacement ended.
type result struct {
	node string
	err  error
}

// work is one run.
type work struct {
	*Rollout
	agenda  *Agenda
	nodes   int // of the pool
	results chan result
	busy    map[string]bool
	outcome Outcome
}

// loop launches the steps at their times. Replacements that are under way when it
// ends are waited for by drainResults.
func (w *work) loop(ctx context.Context) error {
	concurrency := w.Planner.Options.WithDefaults().Concurrency
	for {
		if err := w.replan(ctx); err != nil {
			return err
		}
		next := w.agenda.Next()
		full := len(w.busy) >= concurrency
		switch {
		case next != nil && !full && !next.At.After(time.Now()) && w.mayBegin(next) && !w.late(next):
			w.launch(ctx, *next)
			continue
		case len(w.busy) == 0 && (next == nil && !w.forEver() || !w.mayWait(next)):
			w.outcome.Next = next
			return nil
		}
		if err := w.wait(ctx, next, full); err != nil {
			return err
		}
	}
}

// late reports whether a step was missed: then the replacements under way are waited
// for, and it is planned anew.
func (w *work) late(step *Step) bool { return time.Since(step.At) > w.Planner.lag(w.nodes) }

// mayBegin reports whether a step that is due may begin: not after the run's end.
func (w *work) mayBegin(step *Step) bool {
	return w.Until.IsZero() || !step.At.After(w.Until)
}

// mayWait reports whether the run goes on until the next step, or the next plan.
func (w *work) mayWait(next *Step) bool {
	if w.Until.IsZero() {
		return true
	}
	return next != nil && !next.At.After(w.Until)
}

func (w *work) forEver() bool { return w.Planner.Options.Mode == spread.Rolling && w.Until.IsZero() }

// launch has a node replaced, beside what the loop does.
func (w *work) launch(ctx context.Context, step Step) {
	w.agenda.take(step.Node)
	w.busy[step.Node] = true
	w.report(Event{Kind: Begun, Step: step})
	go func() { w.results <- result{step.Node, w.Replacer.Replace(ctx, step.Node, step.Holds)} }()
}

// wait waits for the next thing to happen: a step's time, the end of a replacement,
// the time for a new plan.
func (w *work) wait(ctx context.Context, next *Step, full bool) error {
	var timer <-chan time.Time // never, where only a result is waited for
	wake := func(at time.Time) { timer = time.After(time.Until(at)) }
	again := w.agenda.MadeAt.Add(w.Planner.every())
	switch busy := len(w.busy) > 0; {
	case next != nil && !full && !w.late(next) && (busy || next.At.Before(again)):
		if !busy {
			w.report(Event{Kind: Waiting, Step: *next})
		}
		wake(next.At)
	case !busy:
		wake(again)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case r := <-w.results:
		return w.ended(r)
	case <-timer:
		return nil
	}
}

// ended takes note of a replacement's end.
func (w *work) ended(r result) error {
	delete(w.busy, r.node)
	var left *replace.LeftError
	switch {
	case r.err == nil:
		w.outcome.Replaced = append(w.outcome.Replaced, r.node)
	case errors.As(r.err, &left):
		if !left.Moot {
			w.outcome.Left = append(w.outcome.Left, left)
		}
		w.report(Event{Kind: Left, Err: r.err, Step: Step{Node: r.node}})
	default:
		return r.err
	}
	return nil
}

// drainResults waits for the replacements under way: each is finished, or has left
// its node in a state that is written down.
func (w *work) drainResults() error {
	var all []error
	for len(w.busy) > 0 {
		all = append(all, w.ended(<-w.results))
	}
	return errors.Join(all...)
}

// replan makes a new plan when it is time for one and nothing is under way.
func (w *work) replan(ctx context.Context) error {
	next := w.agenda.Next()
	missed := next != nil && w.late(next)
	old := time.Since(w.agenda.MadeAt) >= w.Planner.every()
	if len(w.busy) > 0 || !missed && !old {
		return nil
	}
	s, err := w.collect(ctx)
	if err != nil {
		return err
	}
	earlier := w.Lease.Plan()
	if missed {
		earlier.MadeAt = time.Time{}
	}
	if w.agenda, err = w.Planner.Make(s, earlier, time.Now()); err != nil {
		return err
	}
	w.nodes = len(s.Nodes)
	w.report(Event{Kind: Planned, Agenda: w.agenda})
	return w.write(ctx, s, w.agenda)
}

// collect looks at the pool. A run that stays does not end because the API is away for
// a while, as it is when a control plane is upgraded.
func (w *work) collect(ctx context.Context) (*pool.Snapshot, error) {
	for pause := time.Second; ; pause = min(2*pause, time.Minute) {
		s, err := w.Collect(ctx)
		if err == nil || ctx.Err() != nil || !w.Until.IsZero() {
			return s, err
		}
		w.report(Event{Kind: Trouble, Err: err})
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

func (w *work) report(e Event) {
	if w.Report != nil {
		w.Report(e)
	}
}
