//go:build e2e

package e2e

import (
	"context"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate/gcetest"
)

// How long the stand-in takes to end a machine, and then to start the next one.
const (
	stopTime = 300 * time.Millisecond
	bootTime = 700 * time.Millisecond
)

// cloud is the stand-in for Compute Engine with a pool's machines. It plays each new
// one on the cluster.
type cloud struct {
	*gcetest.Server
	pool *gkePool
	life time.Duration // after which machines die; 0 is never

	mu      sync.Mutex
	boot    func(context.Context, *corev1.Node) error
	arrived map[string]int // machines that took the place of another, by node
	died    map[string]int // machines that died of age, by node
}

// startCloud starts a cloud with the pool's machines, all born now.
func startCloud(t *testing.T, p *gkePool, life time.Duration) *cloud {
	t.Helper()
	c := &cloud{Server: gcetest.Start(t), pool: p, life: life, boot: p.ns.Replace, arrived: map[string]int{}, died: map[string]int{}}
	c.crowd()
	c.SetTimes(gcetest.Times{Operation: stopTime, Boot: bootTime})
	c.SetHooks(gcetest.Hooks{Recreated: func(name string, id uint64) { c.follow(t, c.pool.named(name), id) }})
	return c
}

// crowd has all of the pool's machines started now.
func (c *cloud) crowd() {
	now := time.Now()
	for _, n := range c.pool.nodes {
		id := c.AddVM(gcetest.VM{Project: project, Zone: zoneOf(n), Name: n.Name, Group: c.pool.group(zoneOf(n)), Created: now, Preemptible: true})
		c.age(n, id)
	}
}

// playBoot sets how the start of a node's next machine is played: Replace or Reboot
// of the namespace.
func (c *cloud) playBoot(boot func(context.Context, *corev1.Node) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.boot = boot
}

// age has a node's machine die when its life is over.
func (c *cloud) age(n *corev1.Node, id uint64) {
	vm, _ := c.VM(project, zoneOf(n), n.Name)
	if c.life == 0 {
		return
	}
	time.AfterFunc(time.Until(vm.Started.Add(c.life)), func() {
		if vm, ok := c.VM(project, zoneOf(n), n.Name); ok && vm.ID == id && vm.Status == "RUNNING" && c.Preempt(project, zoneOf(n), n.Name) == nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.died[n.Name]++
		}
	})
}

func (c *cloud) follow(t *testing.T, n *corev1.Node, id uint64) {
	c.age(n, id)
	c.mu.Lock()
	c.arrived[n.Name]++
	boot := c.boot
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := boot(ctx, n); err != nil {
		t.Errorf("playing the next machine of %s: %v", n.Name, err)
	}
}

// fates returns how many machines have taken another's place, and how many have died
// of age, by node.
func (c *cloud) fates() (arrived, died map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.arrived), maps.Clone(c.died)
}

// recreated returns how often each node's machine was asked to be made anew. A request
// that is sent again is the same one.
func (c *cloud) recreated() map[string]int {
	counts, seen := map[string]int{}, map[string]bool{}
	for _, call := range c.Calls() {
		id := call.Query.Get("requestId")
		if call.Name != gcetest.Recreate && call.Name != gcetest.DeleteVM || id != "" && seen[id] {
			continue
		}
		seen[id] = true
		for _, n := range c.pool.nodes {
			if strings.HasSuffix(call.Path, "/instances/"+n.Name) || strings.Contains(call.Body, "/instances/"+n.Name+`"`) {
				counts[n.Name]++
			}
		}
	}
	return counts
}

// started is when the machine of a node that is there now has started.
func (c *cloud) started(t *testing.T, n *corev1.Node) time.Time {
	t.Helper()
	vm, ok := c.VM(project, zoneOf(n), n.Name)
	if !ok {
		t.Fatalf("node %s has no machine", n.Name)
	}
	return vm.Started
}

func zoneOf(n *corev1.Node) string { return n.Labels[corev1.LabelTopologyZone] }

// group is the managed instance group of a zone.
func (p *gkePool) group(zone string) string {
	return "projects/" + project + "/zones/" + zone + "/instanceGroupManagers/gke-" + p.name + "-grp"
}
