package kubetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// eventually waits for a condition that other goroutines bring about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// reflect runs a Reflector on the pods of all namespaces.
func reflect(t *testing.T, c kubernetes.Interface) cache.Store {
	t.Helper()
	store := cache.NewStore(cache.MetaNamespaceKeyFunc)
	r := cache.NewReflector(cache.NewListWatchFromClient(c.CoreV1().RESTClient(), "pods", "", nothing()), &corev1.Pod{}, store, 0)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx.Done()) }()
	t.Cleanup(func() { cancel(); <-done })
	return store
}

func TestReflectorFollowsThePods(t *testing.T) {
	t.Parallel() // client-go waits between tries
	s := Start(t)
	s.Must(s.Create(Pod("shop", "web-0")))
	store := reflect(t, client(t, s))
	has := func(n int) func() bool { return func() bool { return len(store.ListKeys()) == n } }
	eventually(t, "one pod", has(1))
	s.Must(s.Create(Pod("shop", "web-1")))
	eventually(t, "two pods", has(2))
	s.Must(s.DeletePod("shop", "web-0"))
	eventually(t, "one pod", has(1))
	// A cut watch is taken up again, an expired one begins anew.
	for i, cut := range []func() int{func() int { return s.CutWatches(Clean) }, func() int { return s.CutWatches(Reset) }, s.ExpireWatches} {
		eventually(t, "a watch", func() bool { return s.OpenWatches() == 1 })
		if n := cut(); n != 1 {
			t.Errorf("cut %d watches", n)
		}
		s.Must(s.Create(Pod("shop", fmt.Sprintf("new-%d", i))))
		eventually(t, "the new pod", has(2+i))
	}
}

// nextEvent is the next event of a watch.
func nextEvent(t *testing.T, w watch.Interface) watch.Event {
	t.Helper()
	select {
	case e, ok := <-w.ResultChan():
		if !ok {
			t.Fatal("the watch ended")
		}
		return e
	case <-time.After(5 * time.Second):
		t.Fatal("no event")
	}
	panic("unreachable")
}

func wantEvent(t *testing.T, w watch.Interface, kind watch.EventType, name string) {
	t.Helper()
	e := nextEvent(t, w)
	o, ok := e.Object.(metav1.Object)
	if e.Type != kind || !ok || o.GetName() != name {
		t.Fatalf("got %s %+v, want %s %s", e.Type, e.Object, kind, name)
	}
}

func TestSelectorTransitionsAreEvents(t *testing.T) {
	s := Start(t)
	s.Must(s.Create(Pod("shop", "a", WithLabels("app", "web")), Pod("shop", "b")))
	w, err := client(t, s).CoreV1().Pods("shop").Watch(within(t), metav1.ListOptions{LabelSelector: "app=web"})
	s.Must(err)
	defer w.Stop()
	wantEvent(t, w, watch.Added, "a")
	s.Must(s.EditPod("shop", "b", func(p *corev1.Pod) { p.Labels = map[string]string{"app": "web"} }))
	wantEvent(t, w, watch.Added, "b")
	s.Must(s.EditPod("shop", "a", func(p *corev1.Pod) { p.Labels["app"] = "db" }))
	wantEvent(t, w, watch.Deleted, "a")
	s.Must(s.EditPod("shop", "b", func(p *corev1.Pod) { p.Labels["x"] = "y" }))
	wantEvent(t, w, watch.Modified, "b")
	s.Must(s.DeletePod("shop", "b"))
	wantEvent(t, w, watch.Deleted, "b")
}

func TestOldResourceVersionsExpire(t *testing.T) {
	for name, expire := range map[string]func(*Server){
		"by too many events": func(s *Server) {
			for i := range 5 {
				s.Must(s.Create(Pod("shop", fmt.Sprintf("b-%d", i))))
			}
		},
		"by compaction": func(s *Server) {
			s.Must(s.Create(Pod("shop", "b")))
			s.ExpireWatches()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := Start(t, WithWatchHistory(3))
			s.Must(s.Create(Pod("shop", "a")))
			old := s.ResourceVersion()
			expire(s)
			w, err := client(t, s).CoreV1().Pods("shop").Watch(within(t), metav1.ListOptions{ResourceVersion: old})
			s.Must(err)
			defer w.Stop()
			e := nextEvent(t, w)
			if err := apierrors.FromObject(e.Object); e.Type != watch.Error || !apierrors.IsResourceExpired(err) {
				t.Errorf("got %s %v", e.Type, err)
			}
		})
	}
}
