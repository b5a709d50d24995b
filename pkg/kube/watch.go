package kube

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

// PodEventType says what a PodEvent tells.
type PodEventType int

// The types of PodEvent.
const (
	// PodApplied: the pod was selected for the first time, or has changed.
	PodApplied PodEventType = iota
	// PodDeleted: the pod is gone, or is not selected any more.
	PodDeleted
	// PodsSynced: every pod that exists now has been told of. Comes once per
	// namespace; Names are all pods there, selected or not.
	PodsSynced
	// PodTrouble: the API could not be asked; it is being tried again.
	PodTrouble
)

// PodEvent is one change in the set of selected pods.
type PodEvent struct {
	Type      PodEventType
	Pod       *Pod
	Namespace string
	Names     []string
	Err       error
}

const pollPods = 2 * time.Second // between looks where rights allow neither list nor watch

// WatchPods calls handle for every change in the set of selected pods until ctx
// ends, through lost connections and expired watches. Calls do not overlap. An
// error is returned only when the selection cannot be watched at all.
func (c *Cluster) WatchPods(ctx context.Context, s Selection, handle func(PodEvent)) error {
	match, err := c.compile(ctx, s)
	if err != nil {
		return err
	}
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var serial sync.Mutex
	emit := func(e PodEvent) {
		serial.Lock()
		defer serial.Unlock()
		handle(e)
	}
	var wg sync.WaitGroup
	for _, namespace := range s.namespaces(c) {
		wg.Go(func() {
			if err := c.watchNamespace(ctx, s, namespace, match, emit); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	if outer.Err() != nil {
		return nil
	}
	return context.Cause(ctx)
}

// watchNamespace lists and watches one namespace; see WatchPods.
func (c *Cluster) watchNamespace(ctx context.Context, s Selection, namespace string, match matcher, emit func(PodEvent)) error {
	synced := false
	var fatal error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	store := newPodStore(ctx, match, emit, func(listed []string) {
		if synced {
			return
		}
		if len(listed) == 0 {
			if fatal = c.mustHaveNamespace(ctx, namespace); fatal != nil {
				cancel()
				return
			}
		}
		synced = true
		emit(PodEvent{Type: PodsSynced, Namespace: namespace, Names: listed})
	})
	reflector := cache.NewReflectorWithOptions(c.podListWatch(s, namespace), &corev1.Pod{}, store, cache.ReflectorOptions{})
	for pause := 300 * time.Millisecond; ctx.Err() == nil; {
		start := time.Now()
		err := reflector.ListAndWatchWithContext(ctx)
		names, exact := s.literals()
		switch {
		case fatal != nil:
			return fatal
		case err == nil || ctx.Err() != nil:
		case !synced && apierrors.IsForbidden(err) && exact && namespace != "":
			return c.pollNamespace(ctx, s, namespace, names, store)
		case !synced:
			return explainList(err, namespace)
		default:
			emit(PodEvent{Type: PodTrouble, Err: fmt.Errorf("watching pods: %w", err)})
		}
		if time.Since(start) > 10*time.Second {
			pause = 300 * time.Millisecond
		}
		sleep(ctx, pause)
		pause = min(2*pause, 5*time.Second)
	}
	return nil
}

// pollNamespace stands in for a watch where rights allow only to get pods by name.
func (c *Cluster) pollNamespace(ctx context.Context, s Selection, namespace string, names []string, store *podStore) error {
	known := false
	for ctx.Err() == nil {
		var found []any
		var trouble error
		for _, name := range names {
			pod, err := c.Pods(namespace).Get(ctx, name)
			switch {
			case err == nil:
				found = append(found, pod)
			case !apierrors.IsNotFound(err):
				trouble = err
			}
		}
		switch {
		case !known && (trouble != nil || len(found) == 0):
			if _, err := c.listNamespace(ctx, s, namespace); err != nil { // for its explanation
				return err
			}
		case trouble != nil: // who could not be asked for has not gone
			store.emit(PodEvent{Type: PodTrouble, Err: trouble})
		default:
			known = true
			if err := store.Replace(found, ""); err != nil {
				return err
			}
		}
		sleep(ctx, pollPods)
	}
	return nil
}

// podListWatch lists from etcd (resourceVersion ""), because only then does the
// server honour the page size.
func (c *Cluster) podListWatch(s Selection, namespace string) *cache.ListWatch {
	selectors := s.listOptions()
	with := func(o metav1.ListOptions) metav1.ListOptions {
		o.LabelSelector, o.FieldSelector = selectors.LabelSelector, selectors.FieldSelector
		return o
	}
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.ResourceVersion, o.ResourceVersionMatch, o.Limit = "", "", podPage
			return c.Pods(namespace).List(ctx, with(o))
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			return c.pods(c.watch, namespace).Watch(ctx, with(o))
		},
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
