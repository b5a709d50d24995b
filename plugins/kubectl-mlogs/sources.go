package main

import (
	"context"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/merge"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/roster"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// sources starts a reader for each container of the roster. It is safe for
// concurrent use: every cluster has its own watch.
type sources struct {
	stream  *stream
	options source.Options
	slots   chan struct{}
	running sync.WaitGroup

	mu      sync.Mutex
	roster  *roster.Roster
	past    bool // sources that start now take part in the order of the past
	started int
	lost    int // clusters that failed
}

func newSources(s *stream) *sources {
	x := &sources{stream: s, options: s.sourceOptions(time.Now()), past: true}
	if s.maxRequests > 0 {
		x.slots = make(chan struct{}, s.maxRequests)
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
	origin := &record.Origin{
		ID: x.started, Context: e.Cluster.Context, Namespace: e.Pod.Namespace,
		Pod: e.Pod.Name, Container: e.Container.Name, Node: e.Pod.Node,
	}
	x.started++
	var feed *merge.Feed
	if x.past {
		feed = x.stream.merger.Past()
	} else {
		feed = x.stream.merger.Live()
	}
	reader := &source.Reader{
		Options: x.options, Origin: origin, Logs: e.Cluster, State: e.State, Sink: feed, Pool: x.stream.pool,
		Report: x.stream.notices.event, Slots: x.slots, New: e.New, Unborn: e.Unborn,
		Refresh: func(ctx context.Context) { refresh(ctx, e) },
	}
	x.running.Go(func() { reader.Run(x.stream.ctx) })
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
