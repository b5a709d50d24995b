package rules

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const gkePool = "cloud.google.com/gke-nodepool"

var (
	mark       = corev1.Taint{Key: "gke-preemptible", Value: "true", Effect: corev1.TaintEffectNoSchedule}
	tolerating = []corev1.Toleration{{Key: "gke-preemptible", Operator: corev1.TolerationOpEqual, Value: "true", Effect: corev1.TaintEffectNoSchedule}}
)

// world is a small cluster in the making: a GKE pool of preemptible nodes with the
// taint, that started 8 h apart, and one lasting node with room.
type world struct{ *pool.Snapshot }

func newWorld(edits ...func(*world)) *pool.Snapshot {
	w := &world{&pool.Snapshot{Name: "preempt", Label: gkePool, Platform: pool.Platform{Name: "GKE", PoolLabels: []string{gkePool}}, TakenAt: noon}}
	for i := range 3 {
		w.Nodes = append(w.Nodes, preemptible(i, time.Duration(8*i+2)*time.Hour))
	}
	w.Elsewhere = []pool.Node{lastingNode()}
	for _, edit := range edits {
		edit(w)
	}
	return w.Snapshot
}

var roomy = pool.Resources{MilliCPU: 4000, Memory: 16 << 30, Pods: 110}

func preemptible(i int, age time.Duration) pool.Node {
	at := noon.Add(-age)
	return pool.Node{
		Name: fmt.Sprintf("node-%d", i), Pool: "preempt", Created: at, Start: pool.Start{At: at, Source: pool.FromCloud},
		Lifetime: pool.Preemptible, MaxAge: 24 * time.Hour, Ready: true, Taints: []corev1.Taint{mark},
		Labels:      map[string]string{gkePool: "preempt", "cloud.google.com/gke-preemptible": "true"},
		Allocatable: roomy,
	}
}

func lastingNode() pool.Node {
	return pool.Node{
		Name: "lasting", Pool: "default", Created: noon.AddDate(0, -1, 0), Start: pool.Start{At: noon.AddDate(0, -1, 0), Source: pool.FromNode},
		Lifetime: pool.Permanent, Ready: true, Labels: map[string]string{gkePool: "default", "disk": "ssd", "size": "7"}, Allocatable: roomy,
	}
}

// add puts a workload into the world: it tolerates the mark, has a budget, and a ready
// pod on each of the nodes.
func (w *world) add(name string, nodes []int, edits ...func(*pool.Workload)) {
	load := pool.Workload{
		Owner:   pool.Owner{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: name},
		Desired: len(nodes), Ready: len(nodes), InPool: len(nodes), Tolerations: tolerating,
		Requests: pool.Resources{MilliCPU: 100, Memory: 64 << 20, Pods: 1}, Grace: 10 * time.Second,
	}
	for _, edit := range edits {
		edit(&load)
	}
	w.Workloads = append(w.Workloads, load)
	w.Budgets = append(w.Budgets, pool.Budget{
		Namespace: load.Namespace, Name: name, MaxUnavailable: "1", Expected: load.Ready, Healthy: load.Ready, Wanted: load.Ready - 1, Allowed: 1, Observed: true,
	})
	for i, node := range nodes {
		w.Pods = append(w.Pods, pool.Pod{
			Namespace: load.Namespace, Name: fmt.Sprintf("%s-%d", name, i), Node: node, Workload: len(w.Workloads) - 1, Ready: true,
			Daemon: load.Kind == "DaemonSet", Budgets: []int{len(w.Budgets) - 1},
		})
	}
}

// unguarded takes the budgets away.
func (w *world) unguarded() {
	w.Budgets = nil
	for i := range w.Pods {
		w.Pods[i].Budgets = nil
	}
}

// together has all nodes start within a minute, so long ago.
func (w *world) together(age time.Duration) {
	for i := range w.Nodes {
		w.Nodes[i].Start.At = noon.Add(-age + time.Duration(i)*20*time.Second)
		w.Nodes[i].Created = w.Nodes[i].Start.At
	}
}

func (w *world) bare(name string) {
	w.Pods = append(w.Pods, pool.Pod{Namespace: "shop", Name: name, Workload: -1, Ready: true})
}

// web is a workload with which all is well.
func web(w *world) { w.add("web", []int{0, 1, 2}) }

// files parses manifests.
func files(text string) manifest.Set {
	var s manifest.Set
	s.Parse("shop.yaml", []byte(text))
	return s
}

// deployment is one as a file has it; rest is the rest of its pods' spec.
func deployment(replicas int, rest string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: %d
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 10
%s---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
`, replicas, rest)
}

const toleration = "      tolerations: [{key: gke-preemptible, operator: Equal, value: \"true\", effect: NoSchedule}]\n"
