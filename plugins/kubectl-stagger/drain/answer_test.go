package drain

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func status(code int32, message string, causes ...metav1.StatusCause) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{Code: code, Message: message, Details: &metav1.StatusDetails{Causes: causes}}}
}

func TestAnswerOf(t *testing.T) {
	t.Parallel()
	budget := metav1.StatusCause{Type: policyv1.DisruptionBudgetCause, Message: "The disruption budget web needs 2 healthy pods and has 1 currently"}
	for name, test := range map[string]struct {
		err  error
		want answer
	}{
		"none":                     {nil, accepted},
		"gone":                     {status(http.StatusNotFound, ""), absent},
		"a budget":                 {status(http.StatusTooManyRequests, "", budget), blocked},
		"overload":                 {status(http.StatusTooManyRequests, ""), failed},
		"namespace":                {status(http.StatusForbidden, "", metav1.StatusCause{Type: corev1.NamespaceTerminatingCause}), terminating},
		"forbidden":                {status(http.StatusForbidden, ""), hopeless},
		"unconfirmed evictions":    {apierrors.NewForbidden(schema.GroupResource{Group: "policy", Resource: "poddisruptionbudget"}, "web", errors.New("DisruptedPods map too big")), blocked},
		"another UID":              {status(http.StatusConflict, ""), failed},
		"expired token":            {status(http.StatusUnauthorized, ""), failed},
		"two budgets":              {status(http.StatusInternalServerError, "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."), hopeless},
		"a broken server":          {status(http.StatusInternalServerError, "etcd"), failed},
		"a proxy's 502":            {status(http.StatusBadGateway, ""), failed},
		"not valid":                {status(http.StatusUnprocessableEntity, ""), hopeless},
		"no connection":            {errors.New("connection refused"), failed},
		"the end of the drain":     {fmt.Errorf("%w: x", errUnanswered), unanswered},
		"wrapped":                  {fmt.Errorf("x: %w", status(http.StatusTooManyRequests, "", budget)), blocked},
		"a webhook that says no":   {status(http.StatusBadRequest, "admission webhook denied the request"), hopeless},
		"a webhook that is broken": {status(http.StatusInternalServerError, "failed calling webhook"), failed},
	} {
		t.Run(name, func(t *testing.T) {
			if got := answerOf(test.err); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestBlame(t *testing.T) {
	t.Parallel()
	cause := func(message string) error {
		return status(http.StatusTooManyRequests, "Cannot evict pod", metav1.StatusCause{Type: policyv1.DisruptionBudgetCause, Message: message})
	}
	for name, test := range map[string]struct {
		err         error
		name, words string
	}{
		"needs":      {cause("The disruption budget web.a needs 2 healthy pods and has 1 currently"), "web.a", "The disruption budget web.a needs 2 healthy pods and has 1 currently"},
		"processing": {cause("The disruption budget web is still being processed by the server."), "web", "The disruption budget web is still being processed by the server."},
		"other":      {cause("no"), "", "no"},
		"silent":     {cause(""), "", "Cannot evict pod"},
		"forbidden": {apierrors.NewForbidden(schema.GroupResource{Group: "policy", Resource: "poddisruptionbudget"}, "web", errors.New("negative")), "web",
			`poddisruptionbudget.policy "web" is forbidden: negative`},
	} {
		t.Run(name, func(t *testing.T) {
			if name, words := blame(test.err); name != test.name || words != test.words {
				t.Errorf("got %q, %q; want %q, %q", name, words, test.name, test.words)
			}
		})
	}
}

// Whatever the API says, the budget's name is one word of it, and the words are kept.
func FuzzBlame(f *testing.F) {
	f.Add("The disruption budget web needs 2 healthy pods and has 1 currently")
	f.Add("The disruption budget ")
	f.Fuzz(func(t *testing.T, message string) {
		name, words := blame(status(http.StatusTooManyRequests, "Cannot evict", metav1.StatusCause{Type: policyv1.DisruptionBudgetCause, Message: message}))
		if strings.Contains(name, " ") || !strings.Contains(message, name) || (message != "" && words != message) {
			t.Errorf("of %q: %q, %q", message, name, words)
		}
	})
}

func TestPauseGrowsToALimit(t *testing.T) {
	t.Parallel()
	base, last := 5*time.Second, time.Duration(0)
	for n := range 8 {
		p := pause(base, n, 0)
		if n < 4 && p <= last {
			t.Errorf("pause %d is %s, not more than %s before it", n, p, last)
		}
		last = p
	}
	if low, high := 27*time.Second, 33*time.Second; last < low || last > high {
		t.Errorf("the longest pause is %s, want about 30s", last)
	}
	if first := pause(base, 0, 0); first < 4500*time.Millisecond || first > 5500*time.Millisecond {
		t.Errorf("the first pause is %s, want about 5s", first)
	}
	if p := pause(base, 0, time.Minute); p != time.Minute {
		t.Errorf("got %s, want what the API asked for", p)
	}
}

// A reason that is told again waits longer; a new one begins anew.
func TestDeclinesPacesByReason(t *testing.T) {
	t.Parallel()
	p, now := &progress{}, time.Now()
	wait := func(why string, news bool) time.Duration {
		if p.declines(why, now, 5*time.Second, nil) != news {
			t.Errorf("%q is news: %v, want %v", why, !news, news)
		}
		return p.next.Sub(now)
	}
	first := wait("it has 1 of 3", true)
	for range 5 {
		wait("it has 1 of 3", false)
	}
	if long := wait("it has 1 of 3", false); long < 3*first {
		t.Errorf("the pause is %s, want it grown from %s", long, first)
	}
	if anew := wait("it has 2 of 3", true); anew > 6*time.Second {
		t.Errorf("the pause is %s after a change, want about 5s", anew)
	}
}
