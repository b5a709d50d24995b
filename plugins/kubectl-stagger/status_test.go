package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/ledger"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// A Node object that is older than its machine does not deceive: the cloud's record
// counts, and what dies with a node is named.
func TestStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, 5*time.Hour)
	w.edit(w.nodes[0], func(n *corev1.Node) {
		n.CreationTimestamp = metav1.NewTime(time.Now().Add(-70 * time.Hour))
		n.Annotations = map[string]string{ledger.PlannedKey: ledger.Planned{At: time.Now().Add(2 * time.Hour), Machine: pool.MachineOf(n)}.String()}
	})
	w.pod("web-0", w.nodes[0])
	w.pod("web-1", w.nodes[0])
	w.Must(w.Create(kubetest.Node("other", func(n *corev1.Node) { n.Labels["cloud.google.com/gke-nodepool"] = "default-pool" })))
	out, talk, err := w.run("status", "--gce-endpoint", w.cloud.URL())
	if err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	for _, text := range []string{"Pool preempt (GKE): 2 nodes that live 24h", "cloud 2", "5h", "Deployment shop/web", "A window of 6h takes 2 of 2 nodes"} {
		if !strings.Contains(out, text) {
			t.Errorf("%q is not in:\n%s", text, out)
		}
	}
	if strings.Contains(out, "default-pool") {
		t.Errorf("a pool that does not age is shown:\n%s", out)
	}

	out, _, err = w.run("status", testPool, "--gce-endpoint", w.cloud.URL(), "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var d statusDocument
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatal(err)
	}
	n := d.Pools[0].Nodes[0]
	if n.Name != w.nodes[0] || n.StartSource != "cloud" || n.Deadline == nil || time.Until(*n.Deadline).Round(time.Hour) != 19*time.Hour ||
		n.ReplacedAt == nil || n.Pods != 2 || len(n.LastReplicas) != 1 || time.Since(n.Created) < 69*time.Hour {
		t.Errorf("the first node is %+v", n)
	}

	out, _, err = w.run("status", testPool, "--gce-endpoint", w.cloud.URL(), "-o", "svg")
	if err != nil || !strings.HasPrefix(out, "<svg") {
		t.Errorf("svg: %v\n%.200s", err, out)
	}
	for decoder := xml.NewDecoder(strings.NewReader(out)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if out, _, err := w.run("status", testPool, "-o", "wide", "--via", "karpenter"); err != nil || !strings.Contains(out, "WORKLOADS") || !strings.Contains(out, "ready") {
		t.Errorf("wide, without the cloud: %v\n%s", err, out)
	}
}

// A pool that is too large for one drain after the other can be looked at.
func TestStatusOfALargePool(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0, 0)
	for i := range 320 {
		w.Must(w.Create(kubetest.Node(fmt.Sprintf("n%03d", i), func(n *corev1.Node) {
			n.Labels["cloud.google.com/gke-nodepool"], n.Labels["cloud.google.com/gke-preemptible"] = testPool, "true"
		})))
	}
	out, talk, err := w.run("status")
	if err != nil || !strings.Contains(out, "takes 320 of 320 nodes") {
		t.Errorf("%v\n%s%.300s", err, talk, out)
	}
}

func TestStatusOfWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, time.Hour)
	_, _, err := w.run("status", "default-pool")
	clitest.ExpectError(t, err, "default-pool", "preempt")
	_, _, err = w.run("status", "--max", "0")
	clitest.ExpectError(t, err, "--max")
	_, _, err = w.run("status", "preempt", "-l", "a=b")
	clitest.ExpectError(t, err, "exclude each other")
	_, _, err = w.run("status", "-o", "png")
	clitest.ExpectError(t, err, "svg")
	w.Forbid("list", "nodes")
	_, _, err = w.run("status", "preempt")
	clitest.ExpectError(t, err, "nodes", "forbidden")
}

// Without a right to see pods the plan is for nodes alone, and says so.
func TestWithoutRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, time.Hour)
	w.Forbid("list", "poddisruptionbudgets.policy")
	_, talk, err := w.run("status", testPool, "--gce-endpoint", w.cloud.URL())
	if err != nil || !strings.Contains(talk, "Skipped") || !strings.Contains(talk, "budgets") {
		t.Errorf("%v\n%s", err, talk)
	}
}

// The printed script is a script, and is for this plan.
func TestPrintScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, time.Hour)
	before := w.ResourceVersion()
	out, talk, err := w.run("nodepool", testPool, "--gce-endpoint", w.cloud.URL(), "--print-script")
	if err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	if w.ResourceVersion() != before {
		t.Error("something was changed")
	}
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command("bash", "-n", path).CombinedOutput(); err != nil {
		t.Errorf("bash: %v\n%s", err, said)
	}
	named := 0
	for _, node := range w.nodes {
		if strings.Contains(out, node) {
			named++
		}
	}
	if named != 2 || !strings.Contains(out, "--ignore-daemonsets") || !strings.Contains(out, "gce://proj/"+testZone) {
		t.Errorf("%d nodes in the script:\n%s", named, out)
	}
}
