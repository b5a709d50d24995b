package drain

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// unreadyFor is how long a pod has to be not ready for it to be taken for broken and
// not for one that is starting.
const unreadyFor = 5 * time.Minute

// guards are the budgets that select a pod.
func guards(podLabels map[string]string, namespace string, budgets []policyv1.PodDisruptionBudget) []*policyv1.PodDisruptionBudget {
	var guards []*policyv1.PodDisruptionBudget
	for i := range budgets {
		b := &budgets[i]
		if b.Namespace != namespace {
			continue
		}
		// The API passes over a selector that is not valid, too.
		if s, err := metav1.LabelSelectorAsSelector(b.Spec.Selector); err == nil && s.Matches(labels.Set(podLabels)) {
			guards = append(guards, b)
		}
	}
	return guards
}

// guarded reports whether the API asks budgets before it evicts the pod (canIgnorePDB
// in pkg/registry/core/pod/storage/eviction.go).
func guarded(pod *corev1.Pod) bool {
	return !ended(pod) && pod.Status.Phase != corev1.PodPending && pod.DeletionTimestamp == nil
}

// holdOn says why the budget does not let this pod go now; nil: it does.
func holdOn(pod *corev1.Pod, b *policyv1.PodDisruptionBudget, now time.Time) *Hold {
	ready, since := readiness(pod)
	if !ready && passesUnready(b) {
		return nil
	}
	h := Stuck(b)
	if h == nil && b.Status.DisruptionsAllowed == 0 {
		h = uncounted(pod, b)
	}
	if h == nil || h.Outlook == Forever || ready {
		return h
	}
	h.Reason = fmt.Sprintf("%s is not ready, and pods that are not may go only while enough others are", pod.Name)
	if age := now.Sub(since); !since.IsZero() && age >= unreadyFor {
		h.Outlook, h.Reason = Likely, fmt.Sprintf("%s has not been ready for %s, and pods that are not may go only while enough others are", pod.Name, age.Truncate(time.Minute))
		h.Change = "repair the pod, or set unhealthyPodEvictionPolicy: AlwaysAllow"
	}
	return h
}

// passesUnready reports whether the budget lets pods go that are not ready, without
// counting them.
func passesUnready(b *policyv1.PodDisruptionBudget) bool {
	policy, st := b.Spec.UnhealthyPodEvictionPolicy, b.Status
	return (policy != nil && *policy == policyv1.AlwaysAllow) || (st.CurrentHealthy >= st.DesiredHealthy && st.DesiredHealthy > 0)
}

// uncounted is the hold of a budget that selects the pod, but counts none: only
// minAvailable as a number counts pods that no controller owns.
func uncounted(pod *corev1.Pod, b *policyv1.PodDisruptionBudget) *Hold {
	h := newHold(b)
	h.Reason = "it has not yet counted its pods"
	byNumber := b.Spec.MinAvailable != nil && b.Spec.MinAvailable.Type == intstr.Int
	if metav1.GetControllerOf(pod) == nil && !byNumber {
		h.Outlook, h.Reason = Forever, "it counts replicas, and "+pod.Name+" has no controller"
		h.Change = "give it minAvailable as a number"
	}
	return h
}

// readiness of a pod, and since when; zero is not known.
func readiness(pod *corev1.Pod) (ready bool, since time.Time) {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue, c.LastTransitionTime.Time
		}
	}
	return false, time.Time{}
}
