package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate/gcetest"
)

const (
	testPool  = "preempt"
	testZone  = "europe-west1-b"
	testGroup = "projects/proj/zones/" + testZone + "/instanceGroupManagers/gke-preempt-grp"
)

// world is a GKE cluster with a preemptible pool: a scripted API server for its
// nodes, a stand-in of Compute Engine for their machines, and between them what a
// kubelet does.
type world struct {
	*kubetest.Server
	t     *testing.T
	cloud *gcetest.Server
	nodes []string

	mu       sync.Mutex
	boots    map[string]int // machines that each node has had
	together int            // machines that are gone at the moment
	most     int            // the most of them at one time
}

// newWorld makes a pool of n machines of one age.
func newWorld(t *testing.T, n int, age time.Duration) *world {
	t.Helper()
	w := &world{Server: kubetest.Start(t), t: t, cloud: gcetest.Start(t), boots: map[string]int{}}
	w.cloud.SetHooks(gcetest.Hooks{Gone: w.gone, Recreated: w.recreated})
	w.cloud.SetTimes(gcetest.Times{Operation: 5 * time.Millisecond, Boot: 250 * time.Millisecond})
	for i := range n {
		name := fmt.Sprintf("gke-preempt-%02d", i)
		w.nodes = append(w.nodes, name)
		id := w.cloud.AddVM(gcetest.VM{Project: "proj", Zone: testZone, Name: name, Group: testGroup, Preemptible: true, Started: time.Now().Add(-age)})
		w.register(name, id)
	}
	return w
}

// register is what a kubelet does when its machine has started: it makes a Node, or
// takes over the one that is there.
func (w *world) register(name string, id uint64) {
	w.mu.Lock()
	w.boots[name]++
	boot := fmt.Sprintf("boot-%s-%d", name, w.boots[name])
	w.mu.Unlock()
	node := kubetest.Node(name, func(n *corev1.Node) {
		n.Labels["cloud.google.com/gke-nodepool"], n.Labels["cloud.google.com/gke-preemptible"] = testPool, "true"
		n.Spec.Taints = []corev1.Taint{{Key: "gke-preemptible", Value: "true", Effect: corev1.TaintEffectNoSchedule}}
		n.Spec.ProviderID = "gce://proj/" + testZone + "/" + name
		n.Status.NodeInfo.BootID = boot
	})
	if old := w.node(name); old != nil {
		old.Status.NodeInfo.BootID, old.ResourceVersion = boot, ""
		if w.Update(old) == nil {
			return
		}
	}
	_ = w.Create(node) // the test is over
}

func (w *world) gone(gcetest.VM) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.together++
	w.most = max(w.most, w.together)
}

// recreated is a machine that has started under an old name. Its kubelet comes a
// moment later.
func (w *world) recreated(name string, id uint64) {
	time.Sleep(10 * time.Millisecond)
	w.mu.Lock()
	w.together--
	w.mu.Unlock()
	w.register(name, id)
}

// node is a Node, nil when there is none of the name.
func (w *world) node(name string) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if w.Load(n) != nil {
		return nil
	}
	return n
}

func (w *world) edit(name string, edit func(*corev1.Node)) {
	w.t.Helper()
	n := w.node(name)
	edit(n)
	n.ResourceVersion = ""
	w.Must(w.Update(n))
}

// pod puts a pod of a workload on a node.
func (w *world) pod(name, node string, opts ...kubetest.PodOption) {
	w.t.Helper()
	w.Must(w.Create(kubetest.Pod("shop", name, append([]kubetest.PodOption{
		kubetest.OnNode(node), kubetest.WithOwner("apps/v1", "ReplicaSet", "web-6f7d", "uid-web"), kubetest.WithLabels("app", "web", "pod-template-hash", "6f7d"),
	}, opts...)...)))
}

// quick are flags under which a day passes in seconds: with machines that live for
// six minutes the plan of a small pool is done in some.
func (w *world) quick(more ...string) []string {
	return append([]string{"nodepool", testPool, "--gce-endpoint", w.cloud.URL(), "--yes"}, more...)
}

// boot counts the machines that a node has had.
func (w *world) boot(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.boots[name]
}

// expectClean fails unless nothing of a run is left on the nodes.
func (w *world) expectClean() {
	w.t.Helper()
	for _, name := range w.nodes {
		n := w.node(name)
		if n == nil {
			w.t.Errorf("node %s is not there", name)
			continue
		}
		for key := range n.Annotations {
			if strings.HasPrefix(key, ledger.Prefix) {
				w.t.Errorf("node %s: annotation %s is left", name, key)
			}
		}
		if n.Spec.Unschedulable {
			w.t.Errorf("node %s is cordoned", name)
		}
	}
}

// start runs stagger with args until its end or Stop.
func (w *world) start(args ...string) *clitest.Invocation {
	w.t.Helper()
	return clitest.Start(w.t, newCommand, "", slices.Insert(slices.Clone(args), 1, "--kubeconfig", w.KubeconfigFile(w.t))...)
}

// run runs stagger to its end.
func (w *world) run(args ...string) (out, talk string, err error) {
	w.t.Helper()
	return w.start(args...).Run()
}

// planOf reads a plan as JSON.
func planOf(t *testing.T, out string) planDocument {
	t.Helper()
	var d planDocument
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("%v in:\n%s", err, out)
	}
	return d
}

func clusterFor(t *testing.T, w *world) *kube.Cluster {
	t.Helper()
	clusters, err := (&kube.Flags{Kubeconfig: w.KubeconfigFile(t)}).Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	return clusters[0]
}
