//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// Flags of a plan that is done within a minute, for machines that live so long that
// none dies meanwhile.
func quick(within time.Duration) []string {
	return []string{"--max-age", "24h", "--within", within.String(), "--window", "2s", "--drain-time", "1s", "--boot-time", "1s"}
}

// A run that is interrupted in the middle of a drain leaves the node as it was found;
// one that is killed leaves it to the next, which goes on.
func TestInterruptedAndResumed(t *testing.T) {
	ns := realcluster.New(t)
	const size = 6
	p := newPool(t, ns, size, 0)
	holds := p.hold(t)
	nodes := watchNodes(t, p)
	flags := append(quick(40*time.Second), "--watch", "--yes")

	interrupted := p.start(t, "nodepool", flags...)
	node := p.draining(t)
	if code := interrupted.Stop(); code != 130 {
		t.Errorf("after SIGINT: exit code %d, want 130", code)
	}
	if got := p.cordoned(); len(got) > 0 {
		t.Errorf("after SIGINT in the drain of %s, these are cordoned: %v", node, got)
	}
	if holder := p.holder(t); holder != "" {
		t.Errorf("after SIGINT the lease is held by %s", holder)
	}

	ns.Until("the end of the pods that were evicted", podTime, func() error {
		removeFinalizers(ns, "hold", func(*corev1.Pod) bool { return true })
		pods, err := ns.Pods("app=hold")
		ready := 0
		for i := range pods {
			if realcluster.Ready(&pods[i]) { // and is not about to go
				ready++
			}
		}
		if err == nil && (len(pods) != size || ready != size) {
			err = fmt.Errorf("%d pods, %d of them ready, want %d", len(pods), ready, size)
		}
		return err
	})
	killed := p.start(t, "nodepool", flags...)
	node = p.draining(t)
	killed.Signal(syscall.SIGKILL)
	killed.Wait()
	if got := p.cordoned(); len(got) != 1 || got[0] != node {
		t.Errorf("after SIGKILL in the drain of %s, these are cordoned: %v", node, got)
	}

	holds.letGo()
	time.Sleep(leaseTime)
	resumed := p.start(t, "nodepool", flags...)
	if code := resumed.WaitFor(patience); code != 0 {
		t.Errorf("the next run: exit code %d", code)
	}
	if said := resumed.Stderr(); !strings.Contains(said, node+": going on where an earlier run ended") {
		t.Errorf("the next run does not say that it goes on with %s", node)
	}
	if after := crowded(p.deaths(t, 24*time.Hour), 24*time.Hour+time.Second, 2*time.Second); after > 1 {
		t.Errorf("a window of 2s takes %d nodes, want 1", after)
	}
	p.expectReplaced(t, nodes, size-1)
	p.expectClean(t)
}

// A run that is killed while a machine is on its way leaves that to the next run; no
// machine is made anew twice for it.
func TestKilledWhileAMachineIsOnItsWay(t *testing.T) {
	ns := realcluster.New(t)
	const size = 4
	p := newPool(t, ns, size, 0)
	nodes := watchNodes(t, p)
	flags := append(quick(20*time.Second), "--watch", "--yes")
	p.cloud.Hold(nil)
	killed := p.start(t, "nodepool", flags...)
	killed.Says("waiting for another machine")
	killed.Signal(syscall.SIGKILL)
	killed.Wait()
	if got := len(p.now()); got != size-1 {
		t.Errorf("%d nodes are there, want %d: one is on its way", got, size-1)
	}
	p.cloud.Resume()
	time.Sleep(leaseTime)
	resumed := p.start(t, "nodepool", flags...)
	if code := resumed.WaitFor(patience); code != 0 {
		t.Errorf("the next run: exit code %d", code)
	}
	p.expectReplaced(t, nodes, size-1)
	p.expectClean(t)
}

// leaseTime is after how long a killed run's lease is over.
const leaseTime = 31 * time.Second

// draining waits until a node is being drained, and returns its name.
func (p *gkePool) draining(t *testing.T) string {
	t.Helper()
	var node string
	p.ns.For(t).Until("a drain under way", podTime, func() error {
		pods, err := p.ns.Pods("app=hold")
		if err != nil {
			return err
		}
		for _, pod := range pods {
			if pod.DeletionTimestamp != nil {
				node = pod.Spec.NodeName
				return nil
			}
		}
		return errors.New("no pod is being deleted")
	})
	return node
}

// cordoned returns the names of the nodes that are.
func (p *gkePool) cordoned() []string {
	var names []string
	for _, n := range p.now() {
		if n.Spec.Unschedulable {
			names = append(names, n.Name)
		}
	}
	return names
}
