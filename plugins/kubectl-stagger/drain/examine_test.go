package drain

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

func emptyDir(p *corev1.Pod) {
	p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}})
}

func phase(phase corev1.PodPhase) kubetest.PodOption {
	return kubetest.With(func(p *corev1.Pod) { p.Status.Phase = phase })
}

func deletedAt(t time.Time) kubetest.PodOption {
	return kubetest.With(func(p *corev1.Pod) {
		p.DeletionTimestamp, p.DeletionGracePeriodSeconds = new(metav1.NewTime(t)), new(int64(30))
	})
}

// verdict is what a plan says of one pod.
func verdict(p Plan) string {
	var said []string
	for _, left := range p.Left {
		said = append(said, "left: "+string(left.Why))
	}
	for _, r := range p.Refusals {
		said = append(said, string(r.Cause))
	}
	if p.Err() == nil {
		for _, v := range p.Evict {
			how := "evict"
			if !v.evict {
				how = "wait for"
			}
			said = append(said, strings.TrimSuffix(fmt.Sprintf("%s, despite %v", how, v.Despite), ", despite []"))
		}
	}
	return strings.Join(said, "; ")
}

func TestExamine(t *testing.T) {
	t.Parallel()
	now := time.Now()
	daemon := func(opts ...kubetest.PodOption) *corev1.Pod {
		return kubetest.Pod("shop", "p", append(opts, kubetest.WithOwner("apps/v1", "DaemonSet", "agent", "uid"))...)
	}
	orphan := kubetest.Pod("shop", "p", kubetest.WithOwner("apps/v1", "DaemonSet", "gone", "uid"))
	foreign := kubetest.Pod("shop", "p", kubetest.WithOwner("example.org/v1", "DaemonSet", "agent", "uid"))
	bare := func(opts ...kubetest.PodOption) *corev1.Pod { return kubetest.Pod("shop", "p", opts...) }
	mirror := kubetest.WithAnnotations(corev1.MirrorPodAnnotationKey, "x")
	owned := kubetest.With(func(p *corev1.Pod) { // by a Node, which is no controller
		p.OwnerReferences = append(p.OwnerReferences, metav1.OwnerReference{APIVersion: "v1", Kind: "Node", Name: "node-1"})
	})
	all := Options{IgnoreDaemonSets: true, DeleteEmptyDirData: true, Force: true}
	for name, test := range map[string]struct {
		pod  *corev1.Pod
		opts Options
		want string
	}{
		"of a controller":               {replica("web", "p"), Options{}, "evict"},
		"of a DaemonSet":                {daemon(), Options{Force: true, DeleteEmptyDirData: true, DisableEviction: true}, "of a DaemonSet"},
		"of a DaemonSet, ignored":       {daemon(), Options{IgnoreDaemonSets: true}, "left: of a DaemonSet"},
		"of a DaemonSet, ended":         {daemon(phase(corev1.PodFailed)), Options{}, "evict"},
		"of a DaemonSet, emptyDir":      {daemon(emptyDir), Options{}, "of a DaemonSet"},
		"orphan":                        {orphan, Options{IgnoreDaemonSets: true, DeleteEmptyDirData: true}, "of a DaemonSet that is gone"},
		"orphan, forced":                {orphan, Options{Force: true}, "evict, despite [of a DaemonSet that is gone]"},
		"another group's DaemonSet":     {foreign, Options{}, "evict"},
		"mirror":                        {bare(mirror), Options{}, "left: of a file on the node"},
		"mirror, forced":                {bare(mirror, owned), all, "left: of a file on the node"},
		"mirror, ended":                 {bare(mirror, phase(corev1.PodSucceeded)), all, "left: of a file on the node"},
		"emptyDir":                      {replica("web", "p", emptyDir), Options{Force: true, IgnoreDaemonSets: true}, "has emptyDir volumes"},
		"emptyDir, to be lost":          {replica("web", "p", emptyDir), Options{DeleteEmptyDirData: true}, "evict, despite [has emptyDir volumes]"},
		"emptyDir, ended":               {replica("web", "p", emptyDir, phase(corev1.PodSucceeded)), Options{}, "evict"},
		"bare":                          {bare(), Options{DeleteEmptyDirData: true, IgnoreDaemonSets: true}, "of no controller"},
		"bare, forced":                  {bare(), Options{Force: true}, "evict, despite [of no controller]"},
		"bare, ended":                   {bare(phase(corev1.PodFailed)), Options{}, "evict"},
		"bare, owned by no controller":  {bare(owned), Options{}, "of no controller"},
		"bare with emptyDir: all told":  {bare(emptyDir), Options{}, "of no controller; has emptyDir volumes"},
		"bare with emptyDir, all given": {bare(emptyDir), all, "evict, despite [of no controller has emptyDir volumes]"},
		"bare with emptyDir, half":      {bare(emptyDir), Options{Force: true}, "has emptyDir volumes"},
		"not selected":                  {bare(), Options{PodSelector: labels.SelectorFromSet(labels.Set{"app": "web"})}, "left: not selected"},
		"selected":                      {replica("web", "p"), Options{PodSelector: labels.SelectorFromSet(labels.Set{"app": "web"})}, "evict"},
		"being deleted":                 {bare(deletedAt(now), emptyDir), Options{}, "wait for"},
		"being deleted, but sooner":     {bare(deletedAt(now)), Options{Grace: new(5 * time.Second)}, "evict"},
		"being deleted, not sooner":     {bare(deletedAt(now)), Options{Grace: new(time.Minute)}, "wait for"},
		"being deleted, overdue":        {bare(deletedAt(now.Add(-11 * time.Second))), Options{SkipWaitForDelete: 10 * time.Second}, "left: deleted, but its node does not confirm it"},
		"being deleted, not yet":        {bare(deletedAt(now.Add(-9 * time.Second))), Options{SkipWaitForDelete: 10 * time.Second}, "wait for"},
		"of a DaemonSet, being deleted": {daemon(deletedAt(now)), Options{IgnoreDaemonSets: true}, "left: of a DaemonSet"},
	} {
		t.Run(name, func(t *testing.T) {
			p := Examine([]corev1.Pod{*test.pod}, nil, daemonSetsBut("gone"), test.opts, now)
			if got := verdict(p); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// daemonSetsBut are all there but for one.
func daemonSetsBut(gone string) DaemonSets {
	return func(_, name string) error {
		if name == gone {
			return apierrors.NewNotFound(schema.GroupResource{Group: "apps", Resource: "daemonsets"}, name)
		}
		return nil
	}
}

func TestExamineAsksBudgets(t *testing.T) {
	t.Parallel()
	now := time.Now()
	stuck := *budget("web", maxUnavailable("0", 2, 2, 2, 0))
	waits := *budget("web", minAvailable("1", 2, 1, 1, 0))
	also := *budget("web", minAvailable("1", 2, 2, 1, 1))
	also.Name = "web-too"
	elsewhere := stuck
	elsewhere.Namespace = "other"
	everybody, nobody := stuck, stuck
	everybody.Spec.Selector, nobody.Spec.Selector = &metav1.LabelSelector{}, nil
	for name, test := range map[string]struct {
		pod     *corev1.Pod
		budgets []policyv1.PodDisruptionBudget
		opts    Options
		want    string
		waits   int
	}{
		"none":                   {replica("web", "p"), nil, Options{}, "evict", 0},
		"another pod's":          {replica("other", "p"), []policyv1.PodDisruptionBudget{stuck}, Options{}, "evict", 0},
		"another namespace's":    {replica("web", "p"), []policyv1.PodDisruptionBudget{elsewhere}, Options{}, "evict", 0},
		"everybody's":            {replica("other", "p"), []policyv1.PodDisruptionBudget{everybody}, Options{}, "held back by a disruption budget for ever", 0},
		"nobody's":               {replica("web", "p"), []policyv1.PodDisruptionBudget{nobody}, Options{}, "evict", 0},
		"for ever":               {replica("web", "p"), []policyv1.PodDisruptionBudget{stuck}, Options{}, "held back by a disruption budget for ever", 0},
		"for now":                {replica("web", "p"), []policyv1.PodDisruptionBudget{waits}, Options{}, "evict", 1},
		"not asked":              {replica("web", "p"), []policyv1.PodDisruptionBudget{stuck}, Options{DisableEviction: true}, "evict", 0},
		"two":                    {replica("web", "p"), []policyv1.PodDisruptionBudget{also, waits}, Options{}, "has more than one disruption budget", 0},
		"not of an ended pod":    {replica("web", "p", phase(corev1.PodFailed)), []policyv1.PodDisruptionBudget{stuck, also}, Options{}, "evict", 0},
		"not of a pending pod":   {replica("web", "p", phase(corev1.PodPending)), []policyv1.PodDisruptionBudget{stuck}, Options{}, "evict", 0},
		"not of one that goes":   {replica("web", "p", deletedAt(now)), []policyv1.PodDisruptionBudget{stuck}, Options{}, "wait for", 0},
		"not of one that stays":  {replica("web", "p"), []policyv1.PodDisruptionBudget{stuck}, Options{PodSelector: labels.Nothing()}, "left: not selected", 0},
		"together with the rest": {replica("web", "p", emptyDir), []policyv1.PodDisruptionBudget{stuck}, Options{}, "has emptyDir volumes; held back by a disruption budget for ever", 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := Examine([]corev1.Pod{*test.pod}, test.budgets, daemonSetsBut(""), test.opts, now)
			if got := verdict(p); got != test.want || len(p.Waits) != test.waits {
				t.Errorf("got %q and %d waits, want %q and %d", got, len(p.Waits), test.want, test.waits)
			}
		})
	}
}

// Pods are grouped by what is against them, with the flag that overrides it.
func TestRefusedSaysWhatToDo(t *testing.T) {
	t.Parallel()
	var pods []corev1.Pod
	for i := range 12 {
		pods = append(pods, *kubetest.Pod("shop", fmt.Sprintf("bare-%02d", i), emptyDir))
	}
	two := *budget("two", maxUnavailable("1", 2, 2, 1, 1))
	three := two
	three.Name = "three"
	pods = append(pods, *replica("web", "web-1"), *replica("web", "web-2"), *replica("two", "two-1"))
	p := Examine(pods, []policyv1.PodDisruptionBudget{*budget("web", minAvailable("2", 2, 2, 2, 0)), two, three}, daemonSetsBut(""), Options{}, time.Now())
	want := []string{
		"pods of no controller, so that nobody makes them anew (--force evicts them): shop/bare-00, ",
		"pods with emptyDir volumes, whose data would be lost (--delete-emptydir-data evicts them): shop/bare-00, ",
		"pods with more than one disruption budget, which the API does not evict (leave one budget for each, or --disable-eviction deletes them): shop/two-1 (two, three)",
		"disruption budget shop/web: minAvailable is 2, and it selects 2 pods, it needs 2 healthy pods and has 2 of 2; " +
			"replace it with maxUnavailable: 1, or run at least 3 replicas (--disable-eviction deletes without asking it): shop/web-1, shop/web-2",
	}
	lines := strings.Split(p.Err().Error(), "\n")
	if !slices.EqualFunc(lines, want, strings.HasPrefix) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if !strings.HasSuffix(lines[0], "shop/bare-09, and 2 more") {
		t.Errorf("%q does not say that there are 2 more", lines[0])
	}
}
