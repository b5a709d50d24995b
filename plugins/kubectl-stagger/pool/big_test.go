package pool

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

const (
	bigNodes = 100
	bigPods  = 3000
)

// bigWorld is a pool of 100 nodes with 3,000 pods of 60 Deployments, half of which
// have a disruption budget.
func bigWorld(t testing.TB) *world {
	w := newWorld(t)
	for i := range bigNodes {
		w.preemptible(fmt.Sprintf("n%03d", i), i)
	}
	for i := range bigPods {
		w.Must(w.Create(replica(fmt.Sprintf("ns-%d", i%6), fmt.Sprintf("web-%d", i%60), fmt.Sprintf("%05d", i), fmt.Sprintf("n%03d", i%bigNodes), 5,
			kubetest.WithRequests("100m", "64Mi"))))
	}
	for i := range 30 {
		w.Must(w.Create(budget(fmt.Sprintf("ns-%d", i%6), fmt.Sprintf("web-%d", i), app(fmt.Sprintf("web-%d", i)))))
	}
	return w
}

// TestKeepsLittle: what is kept of a pod is its name and a few numbers; a corev1.Pod
// takes several KB.
func TestKeepsLittle(t *testing.T) {
	w := bigWorld(t)
	w.collect(t, nil) // the server now has all answers ready, and connections are open
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // the first one only empties pools into their second chance
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	s := w.collect(t, nil)
	kept := (heap() - before) / bigPods
	if len(s.Pods) != bigPods || len(s.Nodes) != bigNodes || len(s.Workloads) != 60 || len(s.Budgets) != 30 {
		t.Errorf("%d pods, %d nodes, %d workloads, %d budgets", len(s.Pods), len(s.Nodes), len(s.Workloads), len(s.Budgets))
	}
	if s.Workloads[0].Ready != 50 || s.Workloads[0].InPool != 50 {
		t.Errorf("%s has %d pods, %d of them in the pool; want 50", s.Workloads[0].Owner, s.Workloads[0].Ready, s.Workloads[0].InPool)
	}
	if kept > 500 {
		t.Errorf("a pod takes %d bytes, want at most 500", kept)
	}
	runtime.KeepAlive(s)
}

// BenchmarkCollect reads 100 nodes and 3,000 pods; the server's part is in it.
func BenchmarkCollect(b *testing.B) {
	w := bigWorld(b)
	w.collect(b, nil)
	for b.Loop() {
		w.collect(b, nil)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/bigPods, "µs/pod")
}
