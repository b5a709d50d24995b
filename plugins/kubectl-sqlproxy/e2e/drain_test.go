//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

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

// late is how much later than all others a node learns of an endpoint that goes, in tests: a
// node of a large cluster, or one that is busy. The delay that apply writes has to cover it.
const late = 6 * time.Second

// Nobody who connects notices that a pod is deleted, as in a rollout: it takes connections
// until all know that it goes, and the client's node knows it last.
func TestPodDeleted(t *testing.T) {
	w, load, node := loaded(t)
	var going corev1.Pod
	for _, pod := range w.ns.Running(proxies, 2) {
		if pod.Spec.NodeName == node {
			going = pod
		}
	}
	all, failed := load.during(func() {
		resume := w.stopServices()
		w.ns.Kubectl("delete", "pod", going.Name, "-n", w.ns.Name, "--wait=false")
		time.Sleep(late)
		resume()
		w.ns.Kubectl("wait", "--for=delete", "pod/"+going.Name, "-n", w.ns.Name, "--timeout=180s")
		w.ns.Running(proxies, 2)
	})
	judge(t, all, failed)
}

// stopServices has the nodes learn nothing of Services until resume is called.
func (w *world) stopServices() (resume func()) {
	w.t.Helper()
	pids := processes(func(cmdline []string) bool { return filepath.Base(cmdline[0]) == "kube-proxy" }, "")
	if len(pids) == 0 {
		w.t.Fatal("no kube-proxy runs on this machine")
	}
	resume = sync.OnceFunc(func() {
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	})
	w.t.Cleanup(resume)
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			w.t.Fatal(err)
		}
	}
	return resume
}

// Nor that a node is drained, with the budget that apply has made.
func TestNodeDrained(t *testing.T) {
	w, load, node := loaded(t)
	t.Cleanup(func() { w.ns.Kubectl("uncordon", node) })
	all, failed := load.during(func() {
		w.ns.Kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=300s")
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
	pids := processes(func(cmdline []string) bool { return cmdline[0] == "/cloud-sql-proxy" }, string(pod.UID))
	if len(pids) != 1 {
		w.t.Fatalf("%d proxies run in pod %s", len(pids), pod.Name)
	}
	if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
		w.t.Fatal(err)
	}
}

// processes are those of this machine that match, in a cgroup of that name. What ends
// meanwhile is none.
func processes(match func(cmdline []string) bool, group string) []int {
	var pids []int
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is right
	for _, dir := range dirs {
		groups, err := os.ReadFile(filepath.Join(dir, "cgroup"))
		if err != nil || !strings.Contains(string(groups), group) {
			continue
		}
		cmdline, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if pid, bad := strconv.Atoi(filepath.Base(dir)); err == nil && bad == nil && match(strings.Split(string(cmdline), "\x00")) {
			pids = append(pids, pid)
		}
	}
	return pids
}
