package drain

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

func failedSync(message string) func(*policyv1.PodDisruptionBudget) {
	return func(b *policyv1.PodDisruptionBudget) {
		maxUnavailable("1", 0, 0, 0, 0)(b)
		b.Status.Conditions = []metav1.Condition{{Type: policyv1.DisruptionAllowedCondition, Status: metav1.ConditionFalse,
			Reason: policyv1.SyncFailedReason, Message: message}}
	}
}

func TestStuck(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		budget  func(*policyv1.PodDisruptionBudget)
		outlook Outlook // empty: it holds nobody
		reason  string
	}{
		"one may go":                {minAvailable("2", 3, 3, 2, 1), "", ""},
		"nobody to hold":            {minAvailable("2", 0, 0, 2, 0), "", ""},
		"not healthy now":           {minAvailable("2", 3, 2, 2, 0), ForNow, "it needs 2 healthy pods and has 2 of 3"},
		"far from healthy":          {maxUnavailable("1", 3, 0, 2, 0), ForNow, "it needs 2 healthy pods and has 0 of 3"},
		"one healthy pod":           {minAvailable("1", 2, 1, 1, 0), ForNow, "it needs 1 healthy pod and has 1 of 2"},
		"counting":                  {minAvailable("2", 4, 3, 2, 0), ForNow, "not yet counted"},
		"maxUnavailable 0":          {maxUnavailable("0", 3, 3, 3, 0), Forever, "maxUnavailable is 0"},
		"maxUnavailable 0%":         {maxUnavailable("0%", 3, 3, 3, 0), Forever, "maxUnavailable is 0%"},
		"maxUnavailable 0, no pods": {maxUnavailable("0", 0, 0, 0, 0), Forever, "maxUnavailable is 0"},
		// One pod more than wanted is healthy, in the middle of a rollout.
		"maxUnavailable 0, surge": {maxUnavailable("0", 3, 4, 3, 1), "", ""},
		// 1 % of 3 pods is rounded up to 1.
		"maxUnavailable 1%":             {maxUnavailable("1%", 3, 2, 2, 0), ForNow, "it needs 2"},
		"minAvailable 100%":             {minAvailable("100%", 3, 3, 3, 0), Forever, "minAvailable is 100%"},
		"minAvailable 100%, no pods":    {minAvailable("100%", 0, 0, 0, 0), Forever, "minAvailable is 100%"},
		"minAvailable 90% of 5":         {minAvailable("90%", 5, 5, 5, 0), Forever, "minAvailable 90% of 5 pods is rounded up to 5"},
		"minAvailable 90% of 10":        {minAvailable("90%", 10, 9, 9, 0), ForNow, "it needs 9"},
		"minAvailable 51% of 1":         {minAvailable("51%", 1, 1, 1, 0), Forever, "minAvailable 51% of 1 pod is rounded up to 1"},
		"minAvailable all":              {minAvailable("2", 2, 2, 2, 0), Forever, "minAvailable is 2, and it selects 2 pods"},
		"minAvailable more than all":    {minAvailable("3", 2, 2, 3, 0), Forever, "minAvailable is 3, and it selects 2 pods"},
		"minAvailable all, one is sick": {minAvailable("2", 2, 1, 2, 0), Forever, "minAvailable is 2"},
		"minAvailable 0":                {minAvailable("0", 2, 0, 0, 0), ForNow, "it needs 0 healthy pods and has 0 of 2"},
		"neither":                       {func(*policyv1.PodDisruptionBudget) {}, Forever, "neither minAvailable nor maxUnavailable"},
		"no controllers":                {failedSync(`found no controllers for pod "web-1"`), Forever, "found no controllers"},
		"no scale":                      {failedSync("things.example.org does not implement the scale subresource"), Forever, "scale subresource"},
		"a failed request":              {failedSync("etcdserver: request timed out"), ForNow, "request timed out"},
		"of an older spec": {func(b *policyv1.PodDisruptionBudget) {
			minAvailable("1", 3, 3, 1, 2)(b)
			b.Generation, b.Status.ObservedGeneration = 3, 2
		}, ForNow, "not yet of its present spec"},
		"of an older spec, never": {func(b *policyv1.PodDisruptionBudget) {
			maxUnavailable("0", 3, 3, 1, 2)(b)
			b.Generation, b.Status.ObservedGeneration = 3, 2
		}, Forever, "maxUnavailable is 0"},
	} {
		t.Run(name, func(t *testing.T) {
			h := Stuck(budget("web", test.budget))
			switch {
			case h == nil && test.outlook == "":
			case h == nil || test.outlook == "":
				t.Errorf("got %+v, want outlook %q", h, test.outlook)
			case h.Outlook != test.outlook || !strings.Contains(h.Reason, test.reason):
				t.Errorf("got %s, %q; want %s, %q", h.Outlook, h.Reason, test.outlook, test.reason)
			case (h.Outlook == ForNow) != (h.Change == ""):
				t.Errorf("outlook %s, to be changed: %q", h.Outlook, h.Change)
			case !strings.HasPrefix(h.String(), "disruption budget shop/web: "):
				t.Errorf("%q does not begin with the budget's name", h)
			}
		})
	}
}

func TestHoldOnAPod(t *testing.T) {
	t.Parallel()
	now := time.Now()
	unready := func(since time.Duration) kubetest.PodOption {
		return kubetest.With(func(p *corev1.Pod) {
			for i := range p.Status.Conditions {
				if c := &p.Status.Conditions[i]; c.Type == corev1.PodReady {
					c.Status, c.LastTransitionTime = corev1.ConditionFalse, metav1.NewTime(now.Add(-since))
				}
			}
		})
	}
	always := func(change func(*policyv1.PodDisruptionBudget)) func(*policyv1.PodDisruptionBudget) {
		return func(b *policyv1.PodDisruptionBudget) {
			change(b)
			b.Spec.UnhealthyPodEvictionPolicy = new(policyv1.AlwaysAllow)
		}
	}
	bare := kubetest.Pod("shop", "web-1", kubetest.WithLabels("app", "web"))
	for name, test := range map[string]struct {
		pod     *corev1.Pod
		budget  func(*policyv1.PodDisruptionBudget)
		outlook Outlook
		reason  string
	}{
		"ready, one may go":                        {replica("web", "web-1"), minAvailable("1", 2, 2, 1, 1), "", ""},
		"ready, none may go":                       {replica("web", "web-1"), minAvailable("1", 2, 1, 1, 0), ForNow, "has 1 of 2"},
		"ready, AlwaysAllow is not for it":         {replica("web", "web-1"), always(minAvailable("1", 2, 1, 1, 0)), ForNow, "has 1 of 2"},
		"broken, the others suffice":               {replica("web", "web-1", unready(time.Hour)), minAvailable("2", 3, 2, 2, 0), "", ""},
		"broken, the others do not suffice":        {replica("web", "web-1", unready(12*time.Minute)), minAvailable("2", 3, 1, 2, 0), Likely, "has not been ready for 12m"},
		"starting, the others do not suffice":      {replica("web", "web-1", unready(time.Minute)), minAvailable("2", 3, 1, 2, 0), ForNow, "is not ready"},
		"broken, AlwaysAllow":                      {replica("web", "web-1", unready(time.Hour)), always(minAvailable("2", 3, 1, 2, 0)), "", ""},
		"broken, AlwaysAllow of what allows none":  {replica("web", "web-1", unready(time.Hour)), always(maxUnavailable("0", 1, 0, 1, 0)), "", ""},
		"broken, none is needed, and none healthy": {replica("web", "web-1", unready(time.Hour)), maxUnavailable("1", 1, 0, 0, 0), Likely, "has not been ready"},
		"broken, and held for ever":                {replica("web", "web-1", unready(time.Hour)), maxUnavailable("0", 2, 1, 2, 0), Forever, "maxUnavailable is 0"},
		"no controller, by percentage":             {bare, minAvailable("50%", 0, 1, 0, 0), Forever, "has no controller"},
		"no controller, by maxUnavailable":         {bare, maxUnavailable("1", 0, 1, 0, 0), Forever, "has no controller"},
		"no controller, by number":                 {bare, minAvailable("1", 2, 2, 1, 1), "", ""},
		"no controller, by number, not counted":    {bare, minAvailable("1", 0, 0, 0, 0), ForNow, "not yet counted"},
		"not yet counted":                          {replica("web", "web-1"), maxUnavailable("1", 0, 0, 0, 0), ForNow, "not yet counted"},
	} {
		t.Run(name, func(t *testing.T) {
			h := holdOn(test.pod, budget("web", test.budget), now)
			switch {
			case h == nil && test.outlook == "":
			case h == nil || test.outlook == "":
				t.Errorf("got %+v, want outlook %q", h, test.outlook)
			case h.Outlook != test.outlook || !strings.Contains(h.Reason, test.reason):
				t.Errorf("got %s, %q; want %s, %q", h.Outlook, h.Reason, test.outlook, test.reason)
			}
		})
	}
}
