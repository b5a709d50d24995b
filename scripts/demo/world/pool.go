package world

import (
	"fmt"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

const (
	poolNodes = 6
	poolAge   = 3 * time.Hour // of its nodes, which were all started at once
)

// addPool makes the nodes of the preemptible pool.
func (w *World) addPool() {
	for i := range poolNodes {
		w.server.Must(w.server.Create(kubetest.Node(poolNode(i), func(n *corev1.Node) {
			n.CreationTimestamp = metav1.NewTime(time.Now().Add(-poolAge).Add(time.Duration(i) * 4 * time.Second))
			n.Labels["cloud.google.com/gke-nodepool"], n.Labels["cloud.google.com/gke-preemptible"] = Pool, "true"
			n.Spec.Taints = []corev1.Taint{{Key: "gke-preemptible", Value: "true", Effect: corev1.TaintEffectNoSchedule}}
		})))
	}
}

func poolNode(i int) string { return fmt.Sprintf("gke-shop-preempt-5d1f-%c", 'a'+i) }

// spread puts pods on the pool's nodes in turn, as a scheduler would.
func (w *World) spread() kubetest.PodOption {
	var next atomic.Int64
	return kubetest.With(func(p *corev1.Pod) { p.Spec.NodeName = poolNode(int(next.Add(1)-1) % poolNodes) })
}
