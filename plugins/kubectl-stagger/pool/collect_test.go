package pool

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

const hour = 60 // minutes

// TestStaleNode is the trap: GKE makes a machine anew under the same name, and the
// Node object with its creationTimestamp stays.
func TestStaleNode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	readySince := func(minutes int) func(*corev1.Node) {
		return func(n *corev1.Node) { n.Status.Conditions[0].LastTransitionTime = metav1.NewTime(ago(minutes)) }
	}
	w.preemptible("a-young", 23*hour)
	w.preemptible("b-stale", 70*hour, readySince(3*hour))
	w.preemptible("c-stale", 70*hour, readySince(2*hour))
	w.preemptible("d-stale", 70*hour, readySince(69*hour))
	w.preemptible("e-cloud", 70*hour, readySince(3*hour))
	w.preemptible("f-stale", 70*hour, readySince(3*hour))
	sidecar := kubetest.With(func(p *corev1.Pod) {
		p.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "sidecar", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(ago(7 * hour))}}}}
	})
	w.Must(w.Create(kubetest.Node("outside"),
		replica("shop", "web", "f", "f-stale", 2*hour, sidecar),
		replica("shop", "web", "a", "a-young", 60*hour), // not looked at: the Node object is believed
		replica("shop", "web", "b", "b-stale", 2*hour),
		replica("shop", "web", "c", "c-stale", 5*hour),
		replica("shop", "web", "c2", "c-stale", 50*hour), // of the machine before
		replica("shop", "web", "d", "d-stale", 69*hour),
		replica("shop", "web", "e", "e-cloud", 4*hour)))

	want := map[string]Start{
		"a-young": {ago(23 * hour), FromNode},
		"b-stale": {ago(3 * hour), FromReady},
		"c-stale": {ago(5 * hour), FromContainers},
		"d-stale": {Source: Unknown},
		"e-cloud": {ago(6 * hour), FromCloud},
		"f-stale": {ago(7 * hour), FromContainers},
	}
	check := func(s *Snapshot) {
		t.Helper()
		for _, n := range s.Nodes {
			if n.Start.Source != want[n.Name].Source || !n.Start.At.Equal(want[n.Name].At) {
				t.Errorf("%s: %s %s, want %v", n.Name, n.Start.Source, n.Start.At.UTC(), want[n.Name])
			}
			if n.Lifetime != Preemptible || n.MaxAge != 24*time.Hour {
				t.Errorf("%s: %s for %s", n.Name, n.Lifetime, n.MaxAge)
			}
		}
	}
	cloud := &clouds{vms: map[string]VM{"e-cloud": {InstanceID: "7", Started: ago(6 * hour), Lifetime: Preemptible}}}
	s := w.collect(t, cloud)
	check(s)
	if len(s.Missing) != 0 || s.Nodes[4].Machine.InstanceID != "" || !slices.Equal(cloud.asked, []string{"a-young", "b-stale", "c-stale", "d-stale", "e-cloud", "f-stale"}) {
		t.Errorf("missing %q, instance %q, asked %q", s.Missing, s.Nodes[4].Machine.InstanceID, cloud.asked)
	}
	if p := s.Spread(); !p.Nodes[3].Start.IsZero() || !p.Nodes[1].Start.Equal(ago(3*hour)) {
		t.Errorf("planned with %v", p.Nodes)
	}

	want["e-cloud"] = Start{ago(4 * hour), FromContainers}
	s = w.collect(t, &clouds{err: errors.New("compute.instances.list is not allowed.")}) //nolint:revive // a cloud's own text
	check(s)
	if len(s.Missing) != 1 || !strings.Contains(s.Missing[0], "compute.instances.list is not allowed);") {
		t.Errorf("missing %q", s.Missing)
	}
	check(w.collect(t, nil))
}

func TestNode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	taint := corev1.Taint{Key: "gke-preemptible", Value: "true", Effect: corev1.TaintEffectNoSchedule}
	w.preemptible("n1", 60, func(n *corev1.Node) {
		n.Annotations = map[string]string{"stagger.kubechores.io/state": "kept", "other": "not", instanceIDKey: "123"}
		n.Spec.Unschedulable, n.Spec.Taints = true, []corev1.Taint{taint}
		n.UID, n.Status.NodeInfo.BootID = "u1", "boot"
		n.Status.Conditions[0].Status = corev1.ConditionUnknown
	})
	w.Must(w.Create(kubetest.Node("other", func(n *corev1.Node) { n.CreationTimestamp, n.Labels[gkePool] = metav1.NewTime(ago(9999)), "rest" })))
	s := w.collect(t, nil)
	n := s.Nodes[0]
	if n.Pool != "preempt" || n.Machine != (Machine{"gce://project/zone/n1", "u1", "boot", "123"}) || n.Ready || !n.Unschedulable ||
		!slices.Equal(n.Taints, []corev1.Taint{taint}) || len(n.Annotations) != 1 || n.Annotations["stagger.kubechores.io/state"] != "kept" ||
		n.Allocatable != (Resources{4000, 16 << 30, 110}) || n.Labels[corev1.LabelHostname] != "n1" || !n.Created.Equal(ago(60)) {
		t.Errorf("%+v", n)
	}
	if s.Name != "preempt" || s.Label != gkePool || s.Platform.Name != "GKE" || !s.TakenAt.Equal(noon) {
		t.Errorf("%s %s %s %s", s.Name, s.Label, s.Platform.Name, s.TakenAt)
	}
	if e := s.Elsewhere; len(e) != 1 || e[0].Name != "other" || e[0].Pool != "rest" || e[0].Lifetime != Permanent || e[0].Start.Source != FromNode {
		t.Errorf("elsewhere is %+v", e)
	}
}

func TestStartInTheFuture(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preemptible("n1", -30)
	w.preemptible("n2", 30)
	s := w.collect(t, nil)
	if s.Nodes[0].Start != (Start{Source: Unknown}) || len(s.Missing) != 1 || !strings.Contains(s.Missing[0], "1 node") || !strings.HasSuffix(s.Missing[0], ": n1.") {
		t.Errorf("%v, missing %q", s.Nodes[0].Start, s.Missing)
	}
}

func TestSelector(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preemptible("n1", 60)
	w.preemptible("n2", 60, func(n *corev1.Node) { n.Labels["team"] = "x" })
	w.Must(w.Create(kubetest.Node("n3", func(n *corev1.Node) { n.Labels["team"] = "y" })))
	s, err := Collect(t.Context(), w.cluster, Query{Selector: "team in (x,y)", MaxAge: 5 * time.Hour}, nil, noon)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Nodes) != 2 || len(s.Elsewhere) != 1 || s.Name != "team in (x,y)" || s.Label != "" || s.Platform.Name != "GKE" || s.Nodes[0].Pool != "preempt" || s.Nodes[1].MaxAge != 5*time.Hour || s.Elsewhere[0].MaxAge != 24*time.Hour {
		t.Errorf("%+v", s)
	}
	for selector, want := range map[string]string{"team=z": `none of the cluster's 3 nodes has labels that match "team=z"`, "a in": `selector "a in": `} {
		if _, err := Collect(t.Context(), w.cluster, Query{Selector: selector}, nil, noon); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", selector, err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preemptible("n1", 60)
	w.preemptible("n2", 60)
	w.Must(w.Create(kubetest.Node("n3", func(n *corev1.Node) { n.Labels[gkePool], n.Labels["team"] = "default", "x" })))
	for label, want := range map[string]string{"": "[default preempt]", "team": "[x]", "none": "[]"} {
		if got, err := Names(t.Context(), w.cluster, label); fmt.Sprint(got) != want || err != nil {
			t.Errorf("%q: %v, %v", label, got, err)
		}
	}
	w.Forbid("list", "nodes")
	if _, err := Names(t.Context(), w.cluster, ""); err == nil {
		t.Error("no error without rights")
	}
}

func TestUnknownPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preemptible("n1", 60)
	_, err := Collect(t.Context(), w.cluster, Query{Pool: "prempt"}, nil, noon)
	if err == nil || !strings.Contains(err.Error(), `did you mean "preempt"?`) {
		t.Errorf("%v", err)
	}
}

func TestForbidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preemptible("n1", 60)
	w.Must(w.Create(replica("shop", "web", "a", "n1", 30), budget("shop", "web", &metav1.LabelSelector{})))
	for resource, want := range map[string]struct {
		missing       string
		pods, budgets int
	}{
		"pods":                        {`Skipped: pods (pods is forbidden: User "kubetest" cannot list`, 0, 1},
		"poddisruptionbudgets.policy": {"Skipped: disruption budgets (poddisruptionbudgets.policy is forbidden", 1, 0},
	} {
		rule := w.Forbid("list", resource)
		s := w.collect(t, nil)
		rule.Remove()
		if len(s.Missing) != 1 || !strings.HasPrefix(s.Missing[0], want.missing) || !strings.HasSuffix(s.Missing[0], ".") ||
			s.PodsUnseen != (want.pods == 0) || s.BudgetsUnseen != (want.budgets == 0) || len(s.Pods) != want.pods || len(s.Budgets) != want.budgets || s.Nodes[0].Start.Source != FromNode {
			t.Errorf("%s: missing %q, %d pods, %d budgets", resource, s.Missing, len(s.Pods), len(s.Budgets))
		}
	}
	w.Forbid("list", "nodes")
	_, err := Collect(t.Context(), w.cluster, Query{Pool: "preempt"}, nil, noon)
	if err == nil || !strings.Contains(err.Error(), "nodes is forbidden") || !strings.Contains(err.Error(), "the right to list nodes") {
		t.Errorf("%v", err)
	}
}

func TestServerTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preemptible("n1", 60)
	for _, path := range []string{"/api/v1/nodes", "/api/v1/pods", "/apis/policy/v1/poddisruptionbudgets"} {
		f := w.Fault(kubetest.Fault{Match: func(r *http.Request) bool { return r.URL.Path == path }, Status: 400, Message: "no way"})
		_, err := Collect(t.Context(), w.cluster, Query{Pool: "preempt"}, nil, noon)
		f.Remove()
		if err == nil || !strings.Contains(err.Error(), "list of ") || !strings.Contains(err.Error(), "no way") {
			t.Errorf("%s: %v", path, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Collect(ctx, w.cluster, Query{Pool: "preempt"}, nil, noon); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	stopped := stoppedCloud(cancel)
	if _, err := Collect(ctx, w.cluster, Query{Pool: "preempt"}, stopped, noon); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while the cloud was asked: %v", err)
	}
}

// stoppedCloud is a cloud whose answer the user does not wait for.
type stoppedCloud context.CancelFunc

func (c stoppedCloud) VMs(ctx context.Context, _ []Node) (map[string]VM, error) {
	c()
	return nil, ctx.Err()
}
