//go:build e2e

package e2e

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// holds are pods, one on each node, that end only when they are let go: drains last as
// long as the test wants.
type holds struct {
	open atomic.Bool
}

// hold fills the pool with them.
func (p *gkePool) hold(t *testing.T) *holds {
	t.Helper()
	const app = "hold"
	h := &holds{}
	d := p.deployment(app, int32(len(p.nodes)))
	d.Spec.Template.Finalizers = []string{"kubechores.local/hold"}
	p.ns.Apply(d)
	p.ns.Running("app="+app, len(p.nodes))
	p.letEnd(t, "deployment", app, func(*corev1.Pod) bool { return h.open.Load() })
	t.Cleanup(h.letGo) // before letEnd's cleanup, which waits for the pods
	return h
}

// linger has the pods of a StatefulSet stay for a second when they end, as real ones do at
// least. The disruption controller keeps evicted pods by name until it sees that they are
// being deleted: where a pod's successor is there before that look, it counts as away for
// two minutes.
func (p *gkePool) linger(t *testing.T, s *appsv1.StatefulSet) *appsv1.StatefulSet {
	t.Helper()
	s.Spec.Template.Finalizers = []string{"kubechores.local/linger"}
	ending := map[types.UID]time.Time{}
	long := func(pod *corev1.Pod) bool {
		if _, ok := ending[pod.UID]; !ok {
			ending[pod.UID] = time.Now()
		}
		return time.Since(ending[pod.UID]) > time.Second
	}
	p.letEnd(t, "statefulset", s.Name, long)
	return s
}

// letGo lets pods that are being deleted end, from now on.
func (h *holds) letGo() { h.open.Store(true) }

// letEnd looks at a workload's pods that are being deleted, and lets those end that may.
// When the test ends, it deletes the workload and waits for its pods.
func (p *gkePool) letEnd(t *testing.T, kind, app string, may func(*corev1.Pod) bool) {
	t.Helper()
	stop := make(chan struct{})
	var letting sync.WaitGroup
	letting.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
			}
			removeFinalizers(p.ns, app, may)
		}
	})
	t.Cleanup(func() {
		p.ns.Kubectl("delete", kind, app, "-n", p.ns.Name, "--wait=false")
		p.ns.Gone("app=" + app)
		close(stop)
		letting.Wait()
	})
}

// removeFinalizers takes them from those pods that are being deleted. What fails is tried
// again by the caller.
func removeFinalizers(ns *realcluster.Namespace, app string, those func(*corev1.Pod) bool) {
	pods, err := ns.Pods("app=" + app)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, pod := range pods {
		if pod.DeletionTimestamp != nil && those(&pod) {
			_, _ = ns.Cluster.Pods(ns.Name).Patch(ctx, pod.Name, types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
		}
	}
}
