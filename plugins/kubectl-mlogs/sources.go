package main

import (
	"context"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/roster"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// sources starts a reader for each container of the roster. It is safe for
// concurrent use: every cluster has its own watch.
type sources struct {
	stream  *stream
	options source.Options
	slots   source.Slots
	gate    chan struct{} // for agents that are being started
	running sync.WaitGroup

	mu      sync.Mutex
	roster  *roster.Roster
	past    bool          // sources that start now take part in the order of the past
	listing int           // first lists of files that are not complete
	listed  chan struct{} // closed when none is, once somebody waits
	origins int
	started int
	lost    int // clusters that failed
}

func newSources(s *stream) *sources {
	x := &sources{stream: s, options: s.sourceOptions(time.Now()), past: true, gate: make(chan struct{}, startAtOnce)}
	if s.maxRequests > 0 {
		x.slots = make(source.Slots, s.maxRequests)
	}
	x.roster = roster.New(s.filter(), x.start)
	return x
}

func (x *sources) apply(c *kube.Cluster, pod *kube.Pod) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.roster.Apply(c, pod)
}

func (x *sources) remove(pod *kube.Pod) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.roster.Delete(pod)
}

// awaitLists waits for the first lists of files, so that their past is in order.
func (x *sources) awaitLists(ctx context.Context, patience time.Duration) {
	x.mu.Lock()
	x.listed = make(chan struct{})
	listed := x.listed
	if x.listing == 0 {
		close(listed)
	}
	x.mu.Unlock()
	var timeout <-chan time.Time
	if patience > 0 {
		timeout = time.After(patience)
	}
	select {
	case <-listed:
	case <-timeout:
	case <-ctx.Done():
	}
}

// oneListed is told that a first list is complete.
func (x *sources) oneListed() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.listing--; x.listing == 0 && x.listed != nil {
		close(x.listed)
	}
}

// complete says that all containers which existed at the start are known.
func (x *sources) complete() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.past = false
	x.roster.Complete()
}

// start is the roster's callback, under x.mu.
func (x *sources) start(e roster.Entry) {
	if x.options.Previous && e.Container.PreviousID == "" {
		return
	}
	if len(x.stream.files) > 0 {
		x.startFiles(e)
		if !x.stream.stdout {
			return
		}
	}
	origin := x.origin(e, "")
	x.begin(origin, func(sink source.Sink) func(context.Context) {
		reader := &source.Reader{
			Options: x.options, Origin: origin, Logs: e.Cluster, State: e.State, Sink: sink, Pool: x.stream.pool,
			Report: x.stream.notices.event, Slots: x.slots, New: e.New, Unborn: e.Unborn,
			Refresh: func(ctx context.Context) { refresh(ctx, e) },
		}
		return reader.Run
	})
}

// begin makes a source's sink, runs the reader that is made for it, and ends
// the sink after it.
func (x *sources) begin(origin *record.Origin, reader func(source.Sink) (run func(context.Context))) {
	sink, err := x.sink(origin)
	if err != nil {
		x.stream.notices.event(source.Event{Kind: source.Failed, Origin: origin, Err: err})
		return
	}
	run := reader(sink)
	x.running.Go(func() {
		run(x.stream.ctx)
		if pipe, ok := sink.(*pipeSink); ok {
			pipe.end()
		}
	})
}

// origin makes the next source's; file is empty for the container's own log.
func (x *sources) origin(e roster.Entry, file string) *record.Origin {
	return &record.Origin{
		ID: x.number(), Context: e.Cluster.Context, Namespace: e.Pod.Namespace,
		Pod: e.Pod.Name, Container: e.Container.Name, Node: e.Pod.Node, File: file,
	}
}

// number makes the next origin's ID.
func (x *sources) number() int {
	x.origins++
	return x.origins - 1
}

// sink is a source's way into the merger, or into a pipe of its own.
func (x *sources) sink(o *record.Origin) (source.Sink, error) {
	x.started++
	switch {
	case x.stream.fifoDir != "":
		return x.stream.newPipeSink(o)
	case x.past:
		return x.stream.merger.Past(), nil
	}
	return x.stream.merger.Live(), nil
}

// refresh looks at the pod itself. Whoever may not, has the watch.
func refresh(ctx context.Context, e roster.Entry) {
	pod, err := e.Cluster.GetPod(ctx, e.Pod.Namespace, e.Pod.Name)
	if err == nil || apierrors.IsNotFound(err) {
		roster.Refresh(e.State, e.Pod.UID, e.Container.Name, pod)
	}
}

// hold keeps wait from returning until release is called.
func (x *sources) hold()    { x.running.Add(1) }
func (x *sources) release() { x.running.Done() }
func (x *sources) wait()    { x.running.Wait() }

// lose counts a cluster that failed and returns how many have.
func (x *sources) lose() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.lost++
	return x.lost
}

func (x *sources) count() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.started
}

func (x *sources) pods() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.roster.Pods()
}

func (x *sources) finished() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.roster.Finished()
}

func (x *sources) failed() []roster.Failure {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.roster.Failed()
}

func (x *sources) waiting() []roster.Failure {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.roster.Waiting()
}
