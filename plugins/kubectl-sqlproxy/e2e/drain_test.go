//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

const proxies = "app.kubernetes.io/name=sql-proxy"

// loaded is a world with the proxy under load. The loader and the cloud are on the first
// node, so that the second can be drained.
func loaded(t *testing.T) (*world, *loader, string) {
	t.Helper()
	w := newWorldAlone(t)
	nodes := w.ns.Nodes()
	if len(nodes) < 2 {
		w.ns.Cannot("two nodes are needed")
	}
	w.sqlproxy(0, "apply", w.wanted()...)
	return w, w.loadOn(nodes[0], w.service("sql-proxy-orders")), nodes[1]
}

// Nobody who connects notices that a pod is deleted, as in a rollout: it takes connections
// until all know that it goes.
func TestPodDeleted(t *testing.T) {
	w, load, _ := loaded(t)
	pod := w.ns.Running(proxies, 2)[0]
	all, failed := load.during(func() {
		w.ns.Kubectl("delete", "pod", pod.Name, "-n", w.ns.Name, "--timeout=90s")
		w.ns.Running(proxies, 2)
	})
	judge(t, all, failed)
}

// Nor that a node is drained, with the budget that apply has made.
func TestNodeDrained(t *testing.T) {
	w, load, node := loaded(t)
	t.Cleanup(func() { w.ns.Kubectl("uncordon", node) })
	all, failed := load.during(func() {
		w.ns.Kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=180s")
		w.ns.UntilPods("no proxy on the drained node", proxies, 2, func(p *corev1.Pod) bool {
			return p.Spec.NodeName != node // the other one waits for a node
		})
	})
	judge(t, all, failed)
	w.ns.Kubectl("uncordon", node)
	w.ns.Running(proxies, 2)
}

// A whole rollout, with new pods for all.
func TestRollout(t *testing.T) {
	w, load, _ := loaded(t)
	all, failed := load.during(func() {
		w.sqlproxy(0, "apply", w.wanted("--max-connections", "500")...)
	})
	judge(t, all, failed)
}

func judge(t *testing.T, all, failed []attempt) {
	t.Helper()
	if len(failed) > 0 {
		t.Errorf("%d of %d new connections failed", len(failed), len(all))
	}
}

// A proxy that is killed without a word costs what no setting can save: the connections
// that it has, and those that come to its address until the kubelet has seen it. Those are
// refused at once and hang nowhere, half of all get through to the other replica, and when
// the new run is ready nobody notices any more.
func TestProxyKilled(t *testing.T) {
	w, load, node := loaded(t)
	var victim corev1.Pod
	for _, pod := range w.ns.Running(proxies, 2) {
		if pod.Spec.NodeName == node {
			victim = pod
		}
	}
	all, failed := load.during(func() {
		w.killProxy(&victim)
		w.ns.UntilPods("the proxy's new run", proxies, 2, func(p *corev1.Pod) bool {
			return realcluster.Ready(p) && (p.Name != victim.Name || realcluster.Restarts(p) > 0)
		})
	})
	if len(all) == 0 || len(failed) == len(all) {
		t.Errorf("%d of %d connections failed: the other replica does not serve", len(failed), len(all))
	}
	for _, one := range failed {
		if strings.Contains(one.error, "timeout") {
			t.Errorf("a connection did not fail at once, but after %.1f s: %s", one.took, one.error)
		}
	}
	if len(failed) > 0 {
		end := failed[len(failed)-1]
		t.Logf("the kill cost %d of %d connections, all within %.2f s", len(failed), len(all), end.at+end.took-failed[0].at)
	}
	all, failed = load.during(func() {})
	judge(t, all, failed)
}

// killProxy sends SIGKILL to the proxy's process, which the host sees.
func (w *world) killProxy(pod *corev1.Pod) {
	w.t.Helper()
	pid, err := processOf(string(pod.UID), "/cloud-sql-proxy")
	if err != nil {
		w.t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		w.t.Fatal(err)
	}
}

// processOf finds the process of a program in a pod's cgroup.
func processOf(uid, program string) (int, error) {
	groups, err := filepath.Glob("/proc/[0-9]*/cgroup")
	if err != nil {
		return 0, err
	}
	for _, path := range groups {
		group, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(group), uid) {
			continue // it has ended meanwhile, or is another's
		}
		dir := filepath.Dir(path)
		line, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err == nil && strings.HasPrefix(string(line), program+"\x00") {
			return strconv.Atoi(filepath.Base(dir))
		}
	}
	return 0, fmt.Errorf("no process %s in pod %s", program, uid)
}
