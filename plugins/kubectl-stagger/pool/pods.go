package pool

import (
	"cmp"
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kube"
)

// tally takes pods as they pass by and keeps little of each.
type tally struct {
	now     time.Time
	inside  int // so many of nodes, from the first, are the pool's
	nodes   []candidate
	place   map[string]int // into nodes, by name
	budgets budgets

	namespaces interner
	index      map[Owner]int // into workloads
	workloads  []Workload
	pods       []Pod
}

func newTally(nodes []candidate, inside int, b budgets, now time.Time) *tally {
	t := &tally{now: now, inside: inside, nodes: nodes, budgets: b, place: make(map[string]int, len(nodes)), namespaces: interner{}, index: map[Owner]int{}}
	for i := range nodes {
		t.place[nodes[i].Name] = i
	}
	return t
}

// list reads all pods of the cluster.
func (t *tally) list(ctx context.Context, c *kube.Cluster) error {
	return pages(func(opts metav1.ListOptions) (string, error) {
		page, err := c.Pods("").List(ctx, opts)
		if err != nil {
			return "", err
		}
		for i := range page.Items {
			t.add(&page.Items[i])
		}
		return page.Continue, nil
	})
}

func (t *tally) add(pod *corev1.Pod) {
	if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		return
	}
	pod.Namespace = t.namespaces.of(pod.Namespace)
	requests := requestsOf(&pod.Spec)
	ready := isReady(pod)
	workload := t.workloadOf(pod, requests)
	place, placed := t.place[pod.Spec.NodeName]
	inPool := placed && place < t.inside
	if ready && workload >= 0 {
		t.workloads[workload].Ready++
		if inPool {
			t.workloads[workload].InPool++
		}
	}
	if !placed {
		return // not scheduled yet, or its node is gone
	}
	node := &t.nodes[place]
	node.Requested = node.Requested.plus(requests)
	if !inPool {
		return
	}
	t.hear(node, pod)
	_, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]
	t.pods = append(t.pods, Pod{
		Namespace: pod.Namespace, Name: pod.Name, Node: place, Workload: workload, Ready: ready, Mirror: mirror,
		Daemon:  workload >= 0 && t.workloads[workload].Kind == "DaemonSet",
		Budgets: t.budgets.of(pod.Namespace, pod.Labels),
	})
}

// hear has the pod's containers that run witness their node's age.
func (t *tally) hear(node *candidate, pod *corev1.Pod) {
	for _, statuses := range [][]corev1.ContainerStatus{pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses} {
		for i := range statuses {
			if running := statuses[i].State.Running; running != nil {
				node.hear(running.StartedAt.Time, node.MaxAge, t.now)
			}
		}
	}
}

// workloadOf finds the pod's workload, or makes it of the pod; -1 when it has none.
func (t *tally) workloadOf(pod *corev1.Pod, requests Resources) int {
	owner, ok := ownerOf(pod)
	if !ok {
		return -1
	}
	at, known := t.index[owner]
	if known {
		return at
	}
	w := Workload{Owner: owner, Desired: -1, Tolerations: pod.Spec.Tolerations, NodeSelector: pod.Spec.NodeSelector, Requests: requests}
	if pod.Spec.Affinity != nil {
		w.Affinity = pod.Spec.Affinity.NodeAffinity
	}
	if grace := pod.Spec.TerminationGracePeriodSeconds; grace != nil {
		w.Grace = time.Duration(*grace) * time.Second
	}
	at = len(t.workloads)
	t.index[owner] = at
	t.workloads = append(t.workloads, w)
	return at
}

// isReady says whether the pod serves: disruption budgets do not count pods that are
// on their way out either.
func isReady(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp != nil {
		return false
	}
	for i := range pod.Status.Conditions {
		if on := &pod.Status.Conditions[i]; on.Type == corev1.PodReady {
			return on.Status == corev1.ConditionTrue
		}
	}
	return false
}

// result gives the pods by node, and the workloads that matter to the pool, by
// namespace, name and kind.
func (t *tally) result() ([]Pod, []Workload) {
	matters := make([]bool, len(t.workloads))
	for i := range t.pods {
		if w := t.pods[i].Workload; w >= 0 {
			matters[w] = true
		}
	}
	taints := lasting(t.nodes[:t.inside])
	var order []int
	for i := range t.workloads {
		if matters[i] || toleratesAny(t.workloads[i].Tolerations, taints) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return t.workloads[a].compare(t.workloads[b].Owner) })
	kept, moved := make([]Workload, len(order)), make([]int, len(t.workloads))
	for to, from := range order {
		kept[to], moved[from] = t.workloads[from], to
	}
	for i := range t.pods {
		if w := t.pods[i].Workload; w >= 0 {
			t.pods[i].Workload = moved[w]
		}
	}
	slices.SortStableFunc(t.pods, func(a, b Pod) int { return cmp.Compare(a.Node, b.Node) })
	return t.pods, kept
}

func (o Owner) compare(p Owner) int {
	return cmp.Or(cmp.Compare(o.Namespace, p.Namespace), cmp.Compare(o.Name, p.Name), cmp.Compare(o.Kind, p.Kind), cmp.Compare(o.APIVersion, p.APIVersion))
}
