package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/rules"
)

// check runs check against the world and its cloud, and returns what it found:
// "ID severity kind/name".
func (w *world) check(args ...string) (found []string, code int) {
	w.t.Helper()
	out, talk, err := w.run(append([]string{"check", "--gce-endpoint", w.cloud.URL(), "-o", "json"}, args...)...)
	if code = clitest.ExitCode(err); code == cli.CodeError {
		w.t.Fatalf("%v\n%s", err, talk)
	}
	return foundIn(w.t, out), code
}

func foundIn(t *testing.T, out string) []string {
	t.Helper()
	var report struct{ Findings []finding.Finding }
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v in:\n%s", err, out)
	}
	var found []string
	for _, f := range report.Findings {
		found = append(found, fmt.Sprintf("%s %s %s/%s", f.ID, f.Severity, strings.ToLower(f.Object.Kind), f.Object.Name))
	}
	slices.Sort(found)
	return found
}

func expectFound(t *testing.T, found []string, want ...string) {
	t.Helper()
	if !slices.Equal(found, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
}

// replicated makes a Deployment of web with a tolerating pod on each of the nodes.
func (w *world) replicated(wanted int, nodes ...string) {
	w.t.Helper()
	w.Must(w.Create(&appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}, Spec: appsv1.DeploymentSpec{Replicas: new(int32(wanted))},
	}))
	for i, node := range nodes {
		w.pod(fmt.Sprintf("web-%d", i), node, kubetest.With(func(p *corev1.Pod) {
			p.Spec.TerminationGracePeriodSeconds = new(int64(10))
			p.Spec.Tolerations = []corev1.Toleration{{Key: "gke-preemptible", Value: "true", Effect: corev1.TaintEffectNoSchedule}}
		}))
	}
}

func (w *world) budget(name string, expected, allowed int32) {
	w.t.Helper()
	one := intstr.FromInt32(1)
	w.Must(w.Create(&policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name},
		Spec:       policyv1.PodDisruptionBudgetSpec{MaxUnavailable: &one, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}},
		Status:     policyv1.PodDisruptionBudgetStatus{ExpectedPods: expected, CurrentHealthy: expected, DesiredHealthy: expected - 1, DisruptionsAllowed: allowed},
	}))
}

func (w *world) lasting() {
	w.t.Helper()
	w.Must(w.Create(kubetest.Node("lasting", func(n *corev1.Node) { n.Labels["cloud.google.com/gke-nodepool"] = "default" })))
}

// TestCheckFreshPool: what the recipe of 2018 warns of.
func TestCheckFreshPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, time.Hour)
	w.lasting()
	w.replicated(3, w.nodes...)
	w.budget("web", 3, 1)
	found, code := w.check(testPool)
	expectFound(t, found, "STG06 error deployment/web")
	if code != cli.CodeFinding {
		t.Errorf("exit code %d, want %d", code, cli.CodeFinding)
	}
	if _, code = w.check(testPool, "--fail-on", "none"); code != 0 {
		t.Errorf("exit code %d with --fail-on none", code)
	}
	if found, code = w.check(testPool, "-n", "pay"); len(found) != 0 || code != 0 {
		t.Errorf("in another namespace: %v, exit code %d", found, code)
	}
	found, _ = w.check(testPool, "--max-age", "30m", "--taint", "mine=x:NoExecute")
	expectFound(t, found, "STG01 info nodepool/preempt", "STG15 warning nodepool/preempt")
	out, _, _ := w.run("check", testPool, "--gce-endpoint", w.cloud.URL(), "-n", "shop")
	if !strings.Contains(out, "deployment/web ") || !strings.Contains(out, "All 3 ready replicas die") {
		t.Errorf("table:\n%s", out)
	}
}

// TestCheckDesired: one replica that is wanted is another thing than one of two that
// is ready.
func TestCheckDesired(t *testing.T) {
	t.Parallel()
	for wanted, want := range map[int]string{1: "STG03 error deployment/web", 2: "STG04 error deployment/web"} {
		w := newWorld(t, 2, time.Hour)
		w.lasting()
		w.replicated(wanted, w.nodes[0])
		w.budget("web", 1, 1)
		found, _ := w.check(testPool)
		expectFound(t, found, want)
	}
}

// TestCheckRights: what may not be looked at is skipped, and not taken for healthy.
func TestCheckRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, time.Hour)
	w.lasting()
	w.replicated(2, w.nodes[0])
	w.Forbid("list", "deployments.apps")
	w.Forbid("get", "configmaps")
	w.Forbid("list", "poddisruptionbudgets.policy")
	found, _ := w.check(testPool)
	expectFound(t, found, "STG00 skipped nodepool/preempt", "STG00 skipped nodepool/preempt", "STG00 skipped nodepool/preempt", "STG03 error deployment/web")
	w.Forbid("list", "pods")
	found, code := w.check(testPool)
	expectFound(t, found, "STG00 skipped nodepool/preempt", "STG00 skipped nodepool/preempt", "STG00 skipped nodepool/preempt")
	if code != 0 {
		t.Errorf("exit code %d, want 0: a skipped check is no error", code)
	}
	if _, code = w.check(testPool, "--fail-on", "warning"); code != cli.CodeFinding {
		t.Errorf("exit code %d with --fail-on warning, want %d", code, cli.CodeFinding)
	}
}

// TestCheckAutoscaler: with one, a lack of room is a remark only.
func TestCheckAutoscaler(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, time.Hour)
	w.Must(w.Create(kubetest.Node("lasting", func(n *corev1.Node) {
		n.Labels["cloud.google.com/gke-nodepool"] = "default"
		n.Status.Allocatable = corev1.ResourceList{corev1.ResourcePods: n.Status.Allocatable[corev1.ResourceMemory]}
	})))
	w.pod("big", w.nodes[0], kubetest.WithRequests("3", "1Gi"))
	w.pod("big-2", w.nodes[0], kubetest.WithRequests("3", "1Gi"))
	noRoom := func() []string {
		found, _ := w.check(testPool)
		return slices.DeleteFunc(found, func(f string) bool { return !strings.HasPrefix(f, rules.NoRoom) })
	}
	expectFound(t, noRoom(), "STG12 warning nodepool/preempt")
	w.Must(w.Create(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "cluster-autoscaler-status"}}))
	expectFound(t, noRoom(), "STG12 info nodepool/preempt")
}

func TestCheckNoSuchPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, time.Hour)
	_, _, err := w.run("check", "prempt")
	clitest.ExpectError(t, err, "prempt", testPool)
}

const onePreempted = `apiVersion: apps/v1
kind: Deployment
metadata: {name: hoge}
spec:
  replicas: 1
  template:
    spec:
      terminationGracePeriodSeconds: 10
      tolerations:
      - {key: gke-preemptible, operator: Equal, value: "true", effect: NoSchedule}
`

// offline runs check without any cluster.
func offline(t *testing.T, stdin string, args ...string) (out, talk string, err error) {
	t.Helper()
	var stdout, stderr clitest.Buffer
	cmd := newCheckCommand(genericiooptions.IOStreams{In: strings.NewReader(stdin), Out: &stdout, ErrOut: &stderr})
	cmd.SetArgs(append([]string{"--kubeconfig", filepath.Join(t.TempDir(), "none")}, args...))
	cmd.SetOut(&stdout)
	cmd.SetErr(&stderr)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.ExecuteContext(t.Context())
	return stdout.String(), stderr.String(), err
}

// TestCheckFiles: manifests are judged without a cluster, and even without a kubeconfig.
func TestCheckFiles(t *testing.T) {
	t.Parallel()
	out, _, err := offline(t, onePreempted, "-f", "-", "-o", "json")
	expectFound(t, foundIn(t, out), "STG03 error deployment/hoge")
	if clitest.ExitCode(err) != cli.CodeFinding {
		t.Errorf("%v, want exit code %d", err, cli.CodeFinding)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"a.yaml": strings.Replace(onePreempted, "replicas: 1", "replicas: 2", 1), "b.yaml": "a: [\n---\n" + onePreempted} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, _, _ = offline(t, "", "-f", dir, "-o", "json")
	expectFound(t, foundIn(t, out), "STG03 error deployment/hoge", "STG07 info deployment/hoge", "STG21 error /")
	if !strings.Contains(out, filepath.Join(dir, "b.yaml")) || !strings.Contains(out, `"line": 3`) {
		t.Errorf("no file and line in\n%s", out)
	}
	out, talk, err := offline(t, "kind: Service\n", "-f", "-")
	if err != nil || out != "" || !strings.Contains(talk, "none of the 1 documents") {
		t.Errorf("nothing to judge: %v, %q, %q", err, out, talk)
	}
}

// TestCheckFilesForPool: the pool's own taint counts, and its cluster.
func TestCheckFilesForPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, time.Hour)
	w.lasting()
	path := filepath.Join(t.TempDir(), "hoge.yaml")
	if err := os.WriteFile(path, []byte(onePreempted), 0o644); err != nil {
		t.Fatal(err)
	}
	found, _ := w.check(testPool, "-f", path)
	expectFound(t, found, "STG03 error deployment/hoge")
	for _, name := range w.nodes {
		w.edit(name, func(n *corev1.Node) { n.Spec.Taints[0].Value = "yes" })
	}
	found, _ = w.check(testPool, "-f", path, "--taint", "gke-preemptible")
	expectFound(t, found, "STG03 error deployment/hoge", "STG23 warning deployment/hoge")
}

// TestCheckUsage: what does not go together is told before anything is read.
func TestCheckUsage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args []string
		want string
	}{
		{nil, "nothing to check"},
		{[]string{"a", "b"}, "one POOL at a time"},
		{[]string{""}, "POOL is empty"},
		{[]string{"-f", "x", "--max-age", "1h"}, "about a POOL"},
		{[]string{"a", "--max-age", "-1h"}, "must not be negative"},
		{[]string{"a", "-n", "x", "-A"}, "exclude each other"},
		{[]string{"a", "-R"}, "-R goes with -f"},
		{[]string{"a", "--context", "x,y"}, "one cluster at a time"},
		{[]string{"a", "--taint", "x:PreferNoSchedule"}, "keeps no pod off"},
		{[]string{"a", "-o", "xml"}, "must be table"},
		{[]string{"a", "--via", "x"}, "--via"},
		{[]string{"-f", "missing.yaml"}, "missing.yaml"},
	} {
		_, _, err := offline(t, "", tc.args...)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v: %v, want %q", tc.args, err, tc.want)
		}
	}
}
