//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

const (
	poolLabel        = "cloud.google.com/gke-nodepool"
	preemptibleLabel = "cloud.google.com/gke-preemptible"
	taintKey         = "gke-preemptible"
	project          = "proj"
	podTime          = 3 * time.Minute
	patience         = 5 * time.Minute // how long a run may take: a plan of seconds, on a slow machine
)

var zones = []string{"europe-west1-b", "europe-west1-c", "europe-west1-d"}

// gkePool is a preemptible node pool of GKE: simulated nodes, and a scripted Compute
// Engine API that has their machines.
type gkePool struct {
	t     *testing.T
	ns    *realcluster.Namespace
	name  string // unique, also among runs
	nodes []*corev1.Node
	cloud *cloud
}

// newPool makes a pool whose machines start now, and die after life; 0 is never.
func newPool(t *testing.T, ns *realcluster.Namespace, size int, life time.Duration) *gkePool {
	t.Helper()
	p := &gkePool{t: t, ns: ns, name: ns.Name}
	for i := range size {
		p.nodes = append(p.nodes, p.node(i))
	}
	t.Cleanup(func() { ns.Kubectl("delete", "lease", p.lease(), "-n", "kube-system", "--ignore-not-found") })
	ns.Simulate(p.nodes...)
	// Later, so that it is closed before the nodes go: it makes nodes.
	p.cloud = startCloud(t, p, life)
	return p
}

func (p *gkePool) node(i int) *corev1.Node {
	zone, name := zones[i%len(zones)], fmt.Sprintf("gke-%s-%02d", p.name, i)
	room := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("16Gi"), corev1.ResourcePods: resource.MustParse("30"),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			poolLabel: p.name, preemptibleLabel: "true", corev1.LabelTopologyZone: zone, corev1.LabelInstanceTypeStable: "n1-standard-4",
		}},
		Spec: corev1.NodeSpec{
			ProviderID: fmt.Sprintf("gce://%s/%s/%s", project, zone, name),
			Taints:     []corev1.Taint{{Key: taintKey, Value: "true", Effect: corev1.TaintEffectNoSchedule}},
		},
		Status: corev1.NodeStatus{Capacity: room, Allocatable: room},
	}
}

// named returns the node of that name as it was made.
func (p *gkePool) named(name string) *corev1.Node {
	for _, n := range p.nodes {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// now returns the pool's nodes as they are.
func (p *gkePool) now() []corev1.Node {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	list, err := p.ns.Cluster.Nodes().List(ctx, metav1.ListOptions{LabelSelector: poolLabel + "=" + p.name})
	if err != nil {
		p.t.Fatal(err)
	}
	return list.Items
}

// start starts `kubectl stagger COMMAND POOL ARGS` against the scripted cloud.
func (p *gkePool) start(t *testing.T, command string, args ...string) *realcluster.Run {
	t.Helper()
	return p.startAs(t, nil, command, args...)
}

func (p *gkePool) startAs(t *testing.T, env []string, command string, args ...string) *realcluster.Run {
	t.Helper()
	argv := append([]string{"stagger", command, p.name, "--gce-endpoint", p.cloud.URL()}, args...)
	return p.ns.For(t).StartCommand(env, "kubectl", argv...)
}
