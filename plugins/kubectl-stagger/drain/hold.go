package drain

import (
	"fmt"
	"strings"

	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Hold is why a disruption budget lets no pod go at this moment.
type Hold struct {
	Namespace, Name string // of the budget
	// Known is whether the counts are: a budget that may not be read is known by its
	// name only.
	Known bool
	// Expected are the pods that it counts, Healthy those of them that are ready,
	// Needed how many must be, Allowed how many may go.
	Expected, Healthy, Needed, Allowed int
	Outlook                            Outlook
	Reason                             string // "maxUnavailable is 0"
	// Change is what to do about it, in words; empty where waiting may be enough.
	Change string
}

// Outlook says whether a hold ends by itself.
type Outlook string

// The outlooks.
const (
	ForNow  Outlook = "for now"  // until other pods are ready
	Likely  Outlook = "probably" // for ever, unless a pod that is not ready recovers
	Forever Outlook = "for ever" // unless the budget or the workload is changed
)

func (h *Hold) String() string {
	name := h.Name
	if h.Namespace != "" {
		name = h.Namespace + "/" + name
	}
	text := fmt.Sprintf("disruption budget %s: %s", name, h.Reason)
	if numbers := h.Numbers(); numbers != "" && !strings.Contains(text, numbers) {
		text += ", " + numbers
	}
	if h.Change != "" {
		text += "; " + h.Change
	}
	return text
}

// Numbers are the counts in words: "it needs 2 healthy pods and has 2 of 3".
func (h *Hold) Numbers() string {
	if !h.Known || h.Expected == 0 {
		return ""
	}
	return fmt.Sprintf("it needs %s and has %d of %d", count(h.Needed, "healthy pod"), h.Healthy, h.Expected)
}

const useMaxUnavailable = "replace it with maxUnavailable: 1"

// Stuck says of a budget on its own why it lets no pod go, and whether it ever will;
// nil: it lets one go, or it selects no pods. The rules are those of the disruption
// controller and of the eviction API in Kubernetes 1.36.
func Stuck(b *policyv1.PodDisruptionBudget) *Hold {
	h := newHold(b)
	fresh := b.Status.ObservedGeneration >= b.Generation
	if fresh && h.Allowed > 0 {
		return nil
	}
	if h.Reason, h.Change = never(b); h.Reason != "" {
		h.Outlook = Forever
		return h
	}
	failed := meta.FindStatusCondition(b.Status.Conditions, policyv1.DisruptionAllowedCondition)
	switch {
	case !fresh:
		h.Reason = "its status is not yet of its present spec"
	case failed != nil && failed.Status == metav1.ConditionFalse && failed.Reason == policyv1.SyncFailedReason:
		h.syncFailed(failed.Message)
	case h.Expected == 0:
		return nil
	case h.Healthy <= h.Needed:
		h.Reason = h.Numbers()
	default:
		h.Reason = "it has not yet counted what was evicted before"
	}
	return h
}

func newHold(b *policyv1.PodDisruptionBudget) *Hold {
	return &Hold{
		Namespace: b.Namespace, Name: b.Name, Known: true,
		Expected: int(b.Status.ExpectedPods), Healthy: int(b.Status.CurrentHealthy),
		Needed: int(b.Status.DesiredHealthy), Allowed: int(b.Status.DisruptionsAllowed),
		Outlook: ForNow,
	}
}

// never finds what keeps a budget from ever letting a pod go, though all of its pods
// be healthy.
func never(b *policyv1.PodDisruptionBudget) (reason, change string) {
	most, least, expected := b.Spec.MaxUnavailable, b.Spec.MinAvailable, int(b.Status.ExpectedPods)
	switch {
	case most == nil && least == nil:
		return "it sets neither minAvailable nor maxUnavailable, and so allows nothing", "set maxUnavailable: 1"
	case most != nil:
		// A percentage is rounded up: all but 0% let one pod go.
		if n, err := intstr.GetScaledValueFromIntOrPercent(most, 100, true); err == nil && n <= 0 {
			return "maxUnavailable is " + most.String(), "set maxUnavailable: 1"
		}
		return "", ""
	}
	if n, err := intstr.GetScaledValueFromIntOrPercent(least, 100, true); least.Type == intstr.String && err == nil && n >= 100 {
		return "minAvailable is " + least.String(), useMaxUnavailable
	}
	n, err := intstr.GetScaledValueFromIntOrPercent(least, expected, true) // rounded up, too
	switch {
	case err != nil || expected == 0 || n < expected:
		return "", ""
	case least.Type == intstr.String:
		return fmt.Sprintf("minAvailable %s of %s is rounded up to %d", least, count(expected, "pod"), n), useMaxUnavailable + ", or run more replicas"
	}
	return fmt.Sprintf("minAvailable is %d, and it selects %s", n, count(expected, "pod")), useMaxUnavailable + fmt.Sprintf(", or run at least %s", count(n+1, "replica"))
}

// syncFailed: the controller cannot count, and allows nothing meanwhile. What it says
// of the owners of pods stays true; a failed request passes.
func (h *Hold) syncFailed(message string) {
	h.Reason = "its pods cannot be counted: " + message
	if strings.Contains(message, "found no controllers") || strings.Contains(message, "scale subresource") {
		h.Outlook, h.Change = Forever, "give it minAvailable as a number, or a selector of pods whose controller has a scale"
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
