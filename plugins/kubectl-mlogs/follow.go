package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/pkg/kube"
)

// follow prints the past and then new lines, until an interrupt, the end of the
// output, or with --until-done the end of the pods.
func (s *stream) follow() error {
	watching, stop := context.WithCancelCause(s.ctx)
	defer stop(nil)
	w := &watcher{stream: s, finished: func() { stop(errFinished) }, synced: make(chan struct{}), unsynced: map[*kube.Cluster]int{}}
	for _, c := range s.clusters {
		w.unsynced[c] = max(1, len(s.selection().Namespaces))
	}
	var failed error
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, c := range s.clusters {
		wg.Go(func() {
			err := c.WatchPods(watching, s.selection(), func(e kube.PodEvent) { w.handle(watching, c, e) })
			if err == nil {
				return
			}
			later, now := s.clusterFailed(c, err)
			mu.Lock()
			failed = errors.Join(failed, later)
			mu.Unlock()
			if now != nil {
				stop(now)
			}
			w.clusterGone(watching, c)
		})
	}
	s.sources.hold() // new pods may come as long as we watch
	go func() {
		wg.Wait()
		s.sources.release()
	}()

	select {
	case <-w.synced:
	case <-watching.Done():
	}
	if err := context.Cause(watching); err != nil && !errors.Is(err, errFinished) && s.interrupt.Err() == nil {
		return err
	}
	s.sources.awaitLists(watching, patience)
	s.sources.complete()
	if s.interrupt.Err() == nil {
		w.firstLook()
	}
	err := s.print()
	stop(nil)
	wg.Wait()
	mu.Lock()
	defer mu.Unlock()
	return s.outcome(err, failed)
}

var errFinished = errors.New("all pods have finished")

// watcher feeds pod events into the sources.
type watcher struct {
	*stream
	finished func()
	synced   chan struct{}

	mu       sync.Mutex
	unsynced map[*kube.Cluster]int // namespaces whose pods have not been told of yet
	names    []string
}

func (w *watcher) handle(ctx context.Context, c *kube.Cluster, e kube.PodEvent) {
	switch e.Type {
	case kube.PodApplied:
		w.sources.apply(c, e.Pod)
	case kube.PodDeleted:
		w.sources.remove(e.Pod)
	case kube.PodsSynced:
		w.oneSynced(c, e.Names)
	case kube.PodTrouble:
		w.notices.trouble(e.Err)
	}
	if w.untilDone && e.Type != kube.PodTrouble {
		w.checkFinished(ctx)
	}
}

func (w *watcher) oneSynced(c *kube.Cluster, names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names = append(w.names, names...)
	if w.unsynced[c]--; w.unsynced[c] == 0 {
		w.clusterSynced(c)
	}
}

// clusterSynced is called under w.mu.
func (w *watcher) clusterSynced(c *kube.Cluster) {
	delete(w.unsynced, c)
	if len(w.unsynced) == 0 {
		close(w.synced)
	}
}

// clusterGone counts out a cluster that will not sync any more. It may have
// been what the end was waiting for.
func (w *watcher) clusterGone(ctx context.Context, c *kube.Cluster) {
	w.mu.Lock()
	if w.unsynced[c] > 0 {
		w.clusterSynced(c)
	}
	w.mu.Unlock()
	if w.untilDone {
		w.checkFinished(ctx)
	}
}

// firstLook says so when there is nothing to read yet.
func (w *watcher) firstLook() {
	w.mu.Lock()
	names := w.names
	w.mu.Unlock()
	if w.sources.pods() == 0 {
		w.sayNothing(names)
		return
	}
	if waiting := w.sources.waiting(); w.sources.count() == 0 && len(waiting) > 0 {
		w.notices.Printf("%s has not started%s; waiting for it (Ctrl-C to stop)", waiting[0].Name, inBrackets(waiting[0].Reason))
	} else if w.sources.count() == 0 {
		w.notices.Printf("no container of the %d selected pods matches -c, --exclude-container and --container-state; waiting (Ctrl-C to stop)", w.sources.pods())
	}
}

// checkFinished ends the watch when every pod has finished. A Job that is named
// in a query may still start another pod.
func (w *watcher) checkFinished(ctx context.Context) {
	w.mu.Lock()
	synced := len(w.unsynced) == 0
	w.mu.Unlock()
	if !synced || !w.sources.finished() {
		return
	}
	for _, c := range w.clusters {
		for _, q := range w.queries {
			if kind, err := c.Kind(ctx, cmp.Or(q.Type, "pod")); err != nil || kind.Kind != "Job" {
				continue
			}
			if !w.jobFinished(ctx, c, q.Name) {
				go w.checkLater(ctx)
				return
			}
		}
	}
	w.finished()
}

// checkLater looks again soon: the Job's own status follows that of its pods.
func (w *watcher) checkLater(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
		w.checkFinished(ctx)
	}
}

func (w *watcher) jobFinished(ctx context.Context, c *kube.Cluster, name string) bool {
	namespaces := w.selection().Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{c.Namespace}
	}
	for _, namespace := range namespaces {
		ended, err := c.JobEnded(ctx, namespace, name)
		if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) {
			continue // who may not look has only the pods to go by
		}
		if err != nil || !ended {
			return false
		}
	}
	return true
}

// sayNothing explains an empty selection: nothing is silently empty.
func (s *stream) sayNothing(names []string) {
	suffix := ""
	if s.options.follow {
		suffix = "; waiting for one (Ctrl-C to stop)"
	}
	if s.sources.pods() > 0 {
		s.notices.Printf("no container of the %d selected pods can be read%s", s.sources.pods(), suffix)
		return
	}
	near := ""
	if len(names) > 0 && len(s.queries) > 0 {
		near = fmt.Sprintf(" (there are %s)", strings.Join(kube.Near(s.queries[0].Text, names, 3), ", "))
	}
	s.notices.Printf("no pod is selected in %s%s%s", s.selection().Where(s.clusters[0]), near, suffix)
}
