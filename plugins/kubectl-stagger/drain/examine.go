package drain

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// DaemonSets says of a DaemonSet that owns a pod whether it is there: nil, a NotFound
// error, or a Forbidden one.
type DaemonSets func(namespace, name string) error

// Examine plans the drain of a node with these pods, under all the budgets that there
// are. It is pure but for daemonSets, which it asks about owners.
func Examine(pods []corev1.Pod, budgets []policyv1.PodDisruptionBudget, daemonSets DaemonSets, opts Options, now time.Time) Plan {
	e := examination{Options: opts.withDefaults(), budgets: budgets, daemonSets: daemonSets, now: now}
	for i := range pods {
		e.pod(&pods[i])
	}
	return e.plan
}

type examination struct {
	Options
	budgets    []policyv1.PodDisruptionBudget
	daemonSets DaemonSets
	now        time.Time
	plan       Plan
}

func (e *examination) pod(pod *corev1.Pod) {
	id := podOf(pod)
	if why, note := e.stays(pod); why != "" {
		e.plan.Left = append(e.plan.Left, Left{Pod: id, Why: why, Note: note})
		return
	}
	v := Victim{Pod: id, Grace: e.grace(pod), labels: pod.Labels, evict: true}
	if !ended(pod) && pod.DeletionTimestamp == nil { // else it goes anyway
		allowed := map[Cause]bool{DaemonSet: false, Orphan: e.Force, NoController: e.Force, EmptyDir: e.DeleteEmptyDirData}
		for _, cause := range e.objections(pod) {
			if allowed[cause] {
				v.Despite = append(v.Despite, cause)
			} else {
				e.plan.Refusals = append(e.plan.Refusals, Refusal{Pod: id, Cause: cause})
			}
		}
	}
	if t := pod.DeletionTimestamp; t != nil {
		v.Going, v.evict = t.Time, e.hastens(pod)
	}
	if guarded(pod) && !e.DisableEviction {
		e.askBudgets(pod)
	}
	e.plan.Evict = append(e.plan.Evict, v)
}

// stays says why a pod is left where it is; "": it goes, or may not.
func (e *examination) stays(pod *corev1.Pod) (why Why, note string) {
	_, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]
	switch {
	case !e.PodSelector.Matches(labels.Set(pod.Labels)):
		return NotSelected, ""
	case mirror:
		return Mirror, ""
	case pod.DeletionTimestamp != nil && e.overdue(pod.DeletionTimestamp.Time, e.now):
		return Overdue, ""
	case ended(pod) || !e.IgnoreDaemonSets || daemonSetOf(pod) == "":
		return "", ""
	}
	err := e.daemonSets(pod.Namespace, daemonSetOf(pod))
	switch {
	case apierrors.IsNotFound(err):
		return "", ""
	case err != nil:
		return OfDaemonSet, fmt.Sprintf("DaemonSets of namespace %s may not be read: whether %s is still there is not known", pod.Namespace, daemonSetOf(pod))
	}
	return OfDaemonSet, ""
}

// objections are all that the rules have against evicting a pod that has not ended.
func (e *examination) objections(pod *corev1.Pod) []Cause {
	var causes []Cause
	switch name := daemonSetOf(pod); {
	case name != "" && apierrors.IsNotFound(e.daemonSets(pod.Namespace, name)):
		causes = append(causes, Orphan)
	case name != "":
		return []Cause{DaemonSet}
	case metav1.GetControllerOf(pod) == nil:
		causes = append(causes, NoController)
	}
	for _, volume := range pod.Spec.Volumes {
		if volume.EmptyDir != nil {
			return append(causes, EmptyDir)
		}
	}
	return causes
}

// askBudgets finds out whether a budget would hold the pod back.
func (e *examination) askBudgets(pod *corev1.Pod) {
	id, guards := podOf(pod), guards(pod.Labels, pod.Namespace, e.budgets)
	switch len(guards) {
	case 0:
	case 1:
		switch h := holdOn(pod, guards[0], e.now); {
		case h == nil:
		case h.Outlook == ForNow:
			e.plan.Waits = append(e.plan.Waits, Wait{Pod: id, Hold: *h})
		default:
			e.plan.Refusals = append(e.plan.Refusals, Refusal{Pod: id, Cause: Deadlock, Hold: h})
		}
	default:
		e.plan.Refusals = append(e.plan.Refusals, Refusal{Pod: id, Cause: ManyBudgets, Budgets: names(guards)})
	}
}

// grace is how long the pod may take to end.
func (e *examination) grace(pod *corev1.Pod) time.Duration {
	seconds := e.graceSeconds()
	if seconds == nil {
		seconds = pod.Spec.TerminationGracePeriodSeconds
	}
	if seconds == nil || ended(pod) {
		return 0
	}
	return time.Duration(*seconds) * time.Second
}

func podOf(pod *corev1.Pod) Pod { return Pod{pod.Namespace, pod.Name, pod.UID} }

func ended(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// daemonSetOf is the name of the DaemonSet that controls the pod.
func daemonSetOf(pod *corev1.Pod) string {
	if c := metav1.GetControllerOf(pod); c != nil && c.Kind == "DaemonSet" && c.APIVersion == "apps/v1" {
		return c.Name
	}
	return ""
}

func names(budgets []*policyv1.PodDisruptionBudget) []string {
	var names []string
	for _, b := range budgets {
		names = append(names, b.Name)
	}
	return names
}
