//go:build e2e

package e2e

import (
	"context"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// availability is how many pods of each app were ready at the worst moment, by a
// watch that misses no change.
type availability struct {
	t    *testing.T
	stop context.CancelFunc
	done chan struct{}

	mu    sync.Mutex
	ready map[string]map[string]bool // app, pod
	least map[string]int             // by app
	moves map[string]int             // pods that were made anew, by app
}

// watchPods begins to count; every app's pods run already.
func watchPods(t *testing.T, ns *realcluster.Namespace) *availability {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	a := &availability{t: t, stop: cancel, done: make(chan struct{}),
		ready: map[string]map[string]bool{}, least: map[string]int{}, moves: map[string]int{}}
	list, err := ns.Cluster.Pods(ns.Name).List(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range list.Items {
		a.see(&list.Items[i], false)
	}
	for app, pods := range a.ready {
		a.least[app] = len(pods)
	}
	clear(a.moves)
	w, err := ns.Cluster.Pods(ns.Name).Watch(ctx, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	if err != nil {
		t.Fatal(err)
	}
	go a.follow(ctx, w)
	t.Cleanup(func() { a.end() })
	return a
}

func (a *availability) follow(ctx context.Context, w watch.Interface) {
	defer close(a.done)
	defer w.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e, open := <-w.ResultChan():
			pod, isPod := e.Object.(*corev1.Pod)
			if !open || !isPod {
				if ctx.Err() == nil {
					a.t.Errorf("the watch of the pods broke: %v", e.Object)
				}
				return
			}
			a.see(pod, e.Type == watch.Deleted)
		}
	}
}

func (a *availability) see(pod *corev1.Pod, deleted bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	app := pod.Labels["app"]
	if a.ready[app] == nil {
		a.ready[app] = map[string]bool{}
	}
	if deleted || !realcluster.Ready(pod) {
		delete(a.ready[app], string(pod.UID))
	} else if !a.ready[app][string(pod.UID)] {
		a.ready[app][string(pod.UID)] = true
		a.moves[app]++
	}
	if least, known := a.least[app]; known {
		a.least[app] = min(least, len(a.ready[app]))
	}
}

func (a *availability) end() {
	a.stop()
	<-a.done
}

// atLeast ends the count and fails the test when fewer than want pods of the app
// were ready at any moment.
func (a *availability) atLeast(app string, want int) {
	a.t.Helper()
	a.end()
	least, known := a.least[app]
	if !known || least < want {
		a.t.Errorf("%s: %d pods were ready at the worst moment, want at least %d", app, least, want)
	}
	a.t.Logf("%s: at least %d pods ready at any moment (its budget: %d); %d pods were made anew", app, least, want, a.moves[app])
}
