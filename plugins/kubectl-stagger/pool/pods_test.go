package pool

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

func budget(namespace, name string, selector *metav1.LabelSelector, edits ...func(*policyv1.PodDisruptionBudget)) *policyv1.PodDisruptionBudget {
	b := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: policyv1.PodDisruptionBudgetSpec{Selector: selector}}
	for _, edit := range edits {
		edit(b)
	}
	return b
}

func app(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
}

// notReady makes a pod one that runs and does not serve.
func notReady(p *corev1.Pod) {
	for i := range p.Status.Conditions {
		if p.Status.Conditions[i].Type == corev1.PodReady {
			p.Status.Conditions[i].Status = corev1.ConditionFalse
		}
	}
}

func TestPodsAndWorkloads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preemptible("n1", 60)
	w.preemptible("n2", 60)
	w.Must(w.Create(kubetest.Node("other")))
	mirror := kubetest.Pod("kube-system", "proxy-n1", kubetest.OnNode("n1"), kubetest.WithOwner("v1", "Node", "n1", "u"), kubetest.WithAnnotations(corev1.MirrorPodAnnotationKey, "x"))
	template := kubetest.With(func(p *corev1.Pod) {
		p.Spec.Tolerations = []corev1.Toleration{{Key: "k", Operator: corev1.TolerationOpExists}}
		p.Spec.NodeSelector = map[string]string{"disk": "ssd"}
		p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{}}
		p.Spec.TerminationGracePeriodSeconds = new(int64(90))
	})
	w.Must(w.Create(
		replica("shop", "web", "a", "n1", 5, kubetest.WithRequests("100m", "1Mi"), template),
		replica("shop", "web", "b", "n2", 5, kubetest.WithRequests("100m", "1Mi")),
		replica("shop", "web", "c", "n2", 5, kubetest.WithRequests("100m", "1Mi"), kubetest.With(notReady)),
		replica("shop", "web", "d", "other", 5, kubetest.WithRequests("100m", "1Mi")),
		replica("shop", "web", "e", "", 5),
		replica("shop", "web", "f", "n1", 5, kubetest.With(func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed })),
		replica("shop", "web", "g", "n1", 5, kubetest.With(func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded })),
		replica("shop", "web", "h", "n1", 5, kubetest.With(func(p *corev1.Pod) {
			p.DeletionTimestamp, p.DeletionGracePeriodSeconds, p.Finalizers = new(metav1.NewTime(noon)), new(int64(30)), []string{"x/y"}
		})),
		replica("away", "far", "a", "other", 5),
		kubetest.Pod("alone", "bare", kubetest.OnNode("n1")),
		mirror))
	w.DaemonSet("kube-system", "agent", []string{"n1", "n2", "other"})

	s := w.collect(t, nil)
	type line struct {
		pod                   string
		node, workload        string
		ready, daemon, mirror bool
	}
	var got []line
	for _, p := range s.Pods {
		l := line{p.Namespace + "/" + p.Name, s.Nodes[p.Node].Name, "", p.Ready, p.Daemon, p.Mirror}
		if p.Workload >= 0 {
			l.workload = s.Workloads[p.Workload].Owner.String()
		}
		if p.Daemon {
			l.pod = "(daemon)"
		}
		got = append(got, l)
	}
	web, agent := "Deployment shop/web", "DaemonSet kube-system/agent"
	want := []line{
		{"alone/bare", "n1", "", true, false, false}, {"(daemon)", "n1", agent, true, true, false}, {"kube-system/proxy-n1", "n1", "", true, false, true},
		{"shop/web-7d4b9-a", "n1", web, true, false, false}, {"shop/web-7d4b9-h", "n1", web, false, false, false},
		{"(daemon)", "n2", agent, true, true, false}, {"shop/web-7d4b9-b", "n2", web, true, false, false}, {"shop/web-7d4b9-c", "n2", web, false, false, false},
	}
	if !slices.Equal(got, want) {
		t.Errorf("pods\n%v\nwant\n%v", got, want)
	}
	if len(s.Workloads) != 2 || s.Workloads[0].Owner.String() != agent || s.Workloads[1].Owner.String() != web {
		t.Fatalf("workloads %+v", s.Workloads)
	}
	x := s.Workloads[1]
	if x.Ready != 3 || x.InPool != 2 || x.Desired != -1 || x.Grace != 90*time.Second || x.Requests != (Resources{100, 1 << 20, 1}) ||
		len(x.Tolerations) != 1 || x.NodeSelector["disk"] != "ssd" || x.Affinity == nil {
		t.Errorf("%+v", x)
	}
	if n1, n2, other := s.Nodes[0].Requested, s.Nodes[1].Requested, s.Elsewhere[0].Requested; n1 != (Resources{100, 1 << 20, 5}) || n2 != (Resources{200, 2 << 20, 3}) || other != (Resources{100, 1 << 20, 3}) {
		t.Errorf("requested %v %v %v", n1, n2, other)
	}
	p := s.Spread()
	if p.Workloads[1] != (spread.Workload{Name: web, Ready: 3}) || !slices.Equal(p.Nodes[0].Shares, []spread.Share{{Workload: 1, Replicas: 1}}) ||
		!slices.Equal(p.Nodes[1].Shares, []spread.Share{{Workload: 1, Replicas: 1}}) {
		t.Errorf("planned with %+v", p)
	}
}

// Workloads that the pool's taints let in are kept, though none of their pods is there.
func TestTolerant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tainted := func(n *corev1.Node) {
		n.Spec.Taints = []corev1.Taint{{Key: "gke-preemptible", Value: "true", Effect: corev1.TaintEffectNoSchedule}, {Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule},
			{Key: "soft", Effect: corev1.TaintEffectPreferNoSchedule}}
	}
	w.preemptible("n1", 60, tainted)
	w.preemptible("n2", 60, func(n *corev1.Node) {
		n.Spec.Taints = []corev1.Taint{{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoExecute}}
	})
	tolerating := func(toleration corev1.Toleration) kubetest.PodOption {
		return kubetest.With(func(p *corev1.Pod) { p.Spec.Tolerations = []corev1.Toleration{toleration} })
	}
	w.Must(w.Create(kubetest.Node("other"),
		replica("shop", "in", "a", "n1", 5),
		replica("shop", "out", "a", "other", 5),
		replica("shop", "wrong", "a", "other", 5, tolerating(corev1.Toleration{Key: "gke-preemptible", Value: "false"})),
		replica("shop", "right", "a", "other", 5, tolerating(corev1.Toleration{Key: "gke-preemptible", Value: "true"})),
		replica("shop", "waits", "a", "", 5, tolerating(corev1.Toleration{Operator: corev1.TolerationOpExists}))))
	var names []string
	for _, x := range w.collect(t, nil).Workloads {
		names = append(names, fmt.Sprint(x.Name, x.Ready, x.InPool))
	}
	if want := []string{"in1 1", "right1 0", "waits0 0"}; !slices.Equal(names, want) {
		t.Errorf("kept %q, want %q", names, want)
	}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preemptible("n1", 60)
	w.Must(w.Create(
		replica("shop", "web", "a", "n1", 5), replica("shop", "db", "a", "n1", 5), replica("other", "web", "a", "n1", 5),
		budget("shop", "1-web", app("web"), func(b *policyv1.PodDisruptionBudget) {
			b.Generation = 2
			b.Spec.MinAvailable = new(intstr.FromString("50%"))
			b.Spec.UnhealthyPodEvictionPolicy = new(policyv1.AlwaysAllow)
			b.Status = policyv1.PodDisruptionBudgetStatus{ExpectedPods: 4, CurrentHealthy: 3, DesiredHealthy: 2, DisruptionsAllowed: 1, ObservedGeneration: 2}
		}),
		budget("shop", "2-all", &metav1.LabelSelector{}, func(b *policyv1.PodDisruptionBudget) {
			b.Generation = 2
			b.Spec.MaxUnavailable = new(intstr.FromInt32(1))
			b.Status.ObservedGeneration = 1
		}),
		budget("shop", "3-none", nil),
		budget("shop", "4-bad", &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Near"}}})))
	s := w.collect(t, nil)
	want := []Budget{
		{Namespace: "shop", Name: "1-web", MinAvailable: "50%", Expected: 4, Healthy: 3, Wanted: 2, Allowed: 1, AlwaysAllow: true, Observed: true},
		{Namespace: "shop", Name: "2-all", MaxUnavailable: "1"},
		{Namespace: "shop", Name: "3-none", Observed: true},
	}
	if !slices.Equal(s.Budgets, want) {
		t.Errorf("%+v, want %+v", s.Budgets, want)
	}
	if len(s.Missing) != 1 {
		t.Errorf("missing %q", s.Missing)
	}
	for _, p := range s.Pods {
		expect := map[string][]int{"shop/web-7d4b9-a": {0, 1}, "shop/db-7d4b9-a": {1}, "other/web-7d4b9-a": nil}[p.Namespace+"/"+p.Name]
		if !slices.Equal(p.Budgets, expect) {
			t.Errorf("%s/%s: budgets %v, want %v", p.Namespace, p.Name, p.Budgets, expect)
		}
	}
}

// A list that outlives the state it began with goes on.
func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preemptible("n1", 60)
	const many = 3*pageSize + 7
	for i := range many {
		w.Must(w.Create(replica("shop", "web", fmt.Sprintf("%04d", i), "n1", 5)))
	}
	pages := func(r kubetest.RequestRecord) bool { return r.Path == "/api/v1/pods" }
	s := w.collect(t, nil)
	if len(s.Pods) != many || s.Workloads[0].Ready != many || w.CountRequests(pages) != 4 {
		t.Errorf("%d pods in %d requests", len(s.Pods), w.CountRequests(pages))
	}
	var once sync.Once
	w.Fault(kubetest.Fault{Match: func(r *http.Request) bool {
		if r.URL.Path == "/api/v1/pods" && r.URL.Query().Get("continue") != "" {
			once.Do(func() {
				w.ExpireWatches()
				w.Must(w.DeletePod("shop", "web-7d4b9-1500"))
			})
		}
		return false // it only looks on
	}})
	if s = w.collect(t, nil); len(s.Pods) != many-1 {
		t.Errorf("%d pods when the list had expired", len(s.Pods))
	}
}
