//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// nodeWatch is what became of a pool's nodes, by a watch that misses no change.
type nodeWatch struct {
	mu       sync.Mutex
	boots    map[string]map[string]bool // node, boot ID
	cordoned map[string]bool            // now
	most     int                        // that were cordoned at once
	cordons  map[string]int             // how often each was cordoned
}

func watchNodes(t *testing.T, p *gkePool) *nodeWatch {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	n := &nodeWatch{boots: map[string]map[string]bool{}, cordoned: map[string]bool{}, cordons: map[string]int{}}
	opts := metav1.ListOptions{LabelSelector: poolLabel + "=" + p.name}
	list, err := p.ns.Cluster.Nodes().List(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list.Items {
		n.see(&list.Items[i], false)
	}
	opts.ResourceVersion = list.ResourceVersion
	w, err := p.ns.Cluster.Nodes().Watch(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for e := range w.ResultChan() {
			if node, ok := e.Object.(*corev1.Node); ok {
				n.see(node, e.Type == watch.Deleted)
			}
		}
		if ctx.Err() == nil { // also after an event that is an error
			t.Error("the watch of the nodes broke")
		}
	}()
	t.Cleanup(func() {
		cancel()
		w.Stop()
		<-done
	})
	return n
}

func (n *nodeWatch) see(node *corev1.Node, deleted bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.boots[node.Name] == nil {
		n.boots[node.Name] = map[string]bool{}
	}
	n.boots[node.Name][node.Status.NodeInfo.BootID] = true
	now := node.Spec.Unschedulable && !deleted
	if now && !n.cordoned[node.Name] {
		n.cordons[node.Name]++
	}
	n.cordoned[node.Name] = now
	count := 0
	for _, cordoned := range n.cordoned {
		if cordoned {
			count++
		}
	}
	n.most = max(n.most, count)
}

// machines returns how many machines a node had, one after the other.
func (n *nodeWatch) machines(node string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.boots[node])
}

// mostCordoned returns how many nodes were cordoned at the same moment at most.
func (n *nodeWatch) mostCordoned() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.most
}

// everCordoned returns the names of the nodes that were cordoned at any time.
func (n *nodeWatch) everCordoned() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Sorted(maps.Keys(n.cordons))
}

// expectClean checks that nothing of a run is left: all nodes are there, Ready and
// schedulable but for those named, without our annotations, and the lease is free.
func (p *gkePool) expectClean(t *testing.T, cordoned ...string) {
	t.Helper()
	nodes := p.now()
	if len(nodes) != len(p.nodes) {
		t.Errorf("the pool has %d nodes, want %d", len(nodes), len(p.nodes))
	}
	for i := range nodes {
		n := &nodes[i]
		if !realcluster.NodeReady(n) {
			t.Errorf("node %s is not Ready", n.Name)
		}
		if want := strings.Contains(" "+strings.Join(cordoned, " ")+" ", " "+n.Name+" "); n.Spec.Unschedulable != want {
			t.Errorf("node %s: unschedulable is %v, want %v", n.Name, n.Spec.Unschedulable, want)
		}
		for key, value := range n.Annotations {
			if strings.HasPrefix(key, "stagger.kubechores.io/") {
				t.Errorf("node %s still has the annotation %s: %s", n.Name, key, value)
			}
		}
	}
	if holder := p.holder(t); holder != "" {
		t.Errorf("the lease is still held by %s", holder)
	}
}

// holder is who has the pool's lease; "" is nobody.
func (p *gkePool) holder(t *testing.T) string {
	t.Helper()
	return p.ns.For(t).Kubectl("get", "lease", p.lease(), "-n", "kube-system", "--ignore-not-found", "-o", "jsonpath={.spec.holderIdentity}")
}

func (p *gkePool) lease() string { return fmt.Sprintf("stagger-%s", p.name) }
