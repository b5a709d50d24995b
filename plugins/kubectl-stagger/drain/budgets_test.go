package drain

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// A pod that a budget holds back is tried until the budget lets it go; its name and
// numbers are told.
func TestBlockedPodIsRetried(t *testing.T) {
	t.Parallel()
	srv := held(t)
	b := newBench(t, srv, quick())
	b.on = func(e Event) {
		if e.Kind == Blocked {
			time.AfterFunc(300*time.Millisecond, func() { srv.Must(srv.Apply(budget("web", minAvailable("2", 3, 3, 2, 1)))) })
		}
	}
	b.mustDrain()
	b.expectTold(Gone, "other-1", "web-1")
	told := b.told(Blocked)
	if len(told) == 0 {
		t.Fatal("nothing was told of the budget")
	}
	h := told[0].Hold
	if h.Namespace != "shop" || h.Name != "web" || h.Needed != 2 || h.Healthy != 2 || h.Expected != 3 || h.Outlook != ForNow {
		t.Errorf("told of %s, want budget shop/web, which needs 2 and has 2 of 3, for now", h)
	}
	if want := "disruption budget shop/web: it needs 2 healthy pods and has 2 of 3"; h.String() != want {
		t.Errorf("told %q, want %q", h, want)
	}
}

// Two pods of which a budget lets one go: the other waits until the budget has counted.
func TestPodsOfABudgetGoOneByOne(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Must(srv.Create(replica("web", "web-1"), replica("web", "web-2"), budget("web", minAvailable("2", 3, 3, 2, 1))))
	b := newBench(t, srv, quick())
	b.on = func(e Event) {
		if e.Kind == Blocked && len(b.told(Blocked)) == 1 {
			time.AfterFunc(100*time.Millisecond, func() { srv.Must(srv.Apply(budget("web", minAvailable("2", 3, 3, 2, 1)))) })
		}
	}
	b.mustDrain()
	b.expectTold(Evicted, "web-1", "web-2")
	if told := b.told(Blocked); len(told) == 0 || told[0].Hold.Name != "web" {
		t.Errorf("blocked: %v, want one of the two by budget web", told)
	}
}

// A budget that lets pods go again by the time it is read is told of in the API's
// words alone.
func TestBudgetThatLetsGoMeanwhile(t *testing.T) {
	t.Parallel()
	srv := held(t)
	var once sync.Once
	b := newBench(t, srv, quick(), tripper(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/poddisruptionbudgets/web") {
			once.Do(func() { srv.Must(srv.Apply(budget("web", minAvailable("2", 3, 3, 2, 1)))) })
		}
		return next.RoundTrip(r)
	}).wrap)
	b.mustDrain()
	told := b.told(Blocked)
	if len(told) != 1 || told[0].Hold.String() != "disruption budget shop/web: The disruption budget web needs 2 healthy pods and has 2 currently" {
		t.Errorf("told: %v, want the API's words, once", told)
	}
}

// held is a server whose budget lets nobody go, for now.
func held(t *testing.T) *kubetest.Server {
	srv := kubetest.Start(t)
	srv.Must(srv.Create(replica("web", "web-1"), replica("other", "other-1"), budget("web", minAvailable("2", 3, 2, 2, 0))))
	return srv
}

func TestTimeoutSaysWhatIsLeftAndWhy(t *testing.T) {
	t.Parallel()
	srv := held(t)
	b := newBench(t, srv, quick())
	err := b.drainUntil(func() bool { return b.evictionsOf("web-1") >= 4 && len(b.told(Gone)) == 1 })
	e := incompleteOf(t, err)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the cause is %v, want the deadline", e.Cause)
	}
	if len(e.Evicted) != 1 || e.Evicted[0].Name != "other-1" {
		t.Errorf("evicted: %v, want other-1", e.Evicted)
	}
	if len(e.Remaining) != 1 || e.Remaining[0].Name != "web-1" || e.Remaining[0].Hold == nil || e.Remaining[0].Hold.Name != "web" || e.Remaining[0].Err != nil {
		t.Errorf("remaining: %v, want web-1 and its budget", e.Remaining)
	}
	expectText(t, err, "node node-1", "time for it is over", "1 pod evicted, 1 still there", "shop/web-1: disruption budget shop/web: it needs 2 healthy pods and has 2 of 3")
	if n := len(b.told(Blocked)); n != 1 {
		t.Errorf("told %d times that it is blocked, want once", n)
	}
	if n := b.evictionsOf("web-1"); n < 4 {
		t.Errorf("asked %d times, want it tried again and again", n)
	}
}

// A budget that may not be read is known from the API's own words.
func TestBudgetThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	srv := held(t)
	srv.Forbid("*", "poddisruptionbudgets")
	b := newBench(t, srv, quick())
	e := incompleteOf(t, b.drainUntil(func() bool { return len(b.told(Blocked)) > 0 && len(b.told(Gone)) == 1 }))
	if h := e.Remaining[0].Hold; h == nil || h.Name != "web" || h.Known || !strings.Contains(h.Reason, "needs 2 healthy pods and has 2 currently") {
		t.Errorf("the hold is %+v, want the budget's name and the API's words", h)
	}
}

// The drain ends during a later try, in the eviction or in the reading of the budget:
// what is told is what held the pod back before.
func TestHoldOutlastsAnUnansweredTry(t *testing.T) {
	t.Parallel()
	for what, match := range map[string]kubetest.Match{
		"eviction": kubetest.EvictionsOf("shop", "web-1"), "budget": kubetest.Call("get", "poddisruptionbudgets"),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			srv := held(t)
			stall := srv.Fault(kubetest.Fault{Match: match, Stall: true, Skip: 1})
			b := newBench(t, srv, quick())
			e := incompleteOf(t, b.drainUntil(func() bool { return stall.Count() > 0 && len(b.told(Gone)) == 1 }))
			if r := e.Remaining[0]; r.Hold == nil || r.Hold.Needed != 2 || r.Err != nil {
				t.Errorf("web-1: hold %v, error %v; want its budget in numbers", r.Hold, r.Err)
			}
			if n := len(b.told(Blocked)); n != 1 {
				t.Errorf("told %d times that it is blocked, want once", n)
			}
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Must(srv.Create(replica("web", "web-1"), budget("web", func(b *policyv1.PodDisruptionBudget) {
		minAvailable("1", 2, 2, 1, 1)(b)
		b.Generation = 2 // its status is of the first: the API says Retry-After 10
	})))
	b := newBench(t, srv, quick())
	began := time.Now()
	e := incompleteOf(t, b.drainUntil(func() bool { return time.Since(began) > time.Second && len(b.told(Blocked)) > 0 }))
	if n, took := deletions(srv), time.Since(began); n != 1 && took < 9*time.Second {
		t.Errorf("asked %d times within %s, want once: the API said after 10 s", n, took)
	}
	expectText(t, e, "its status is not yet of its present spec")
}

// Two budgets that come to select a pod after the plan was made end the drain at
// once, and are named.
func TestManyBudgetsLate(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Must(srv.Create(replica("web", "web-1")))
	b := newBench(t, srv, quick())
	b.on = func(e Event) {
		if e.Kind == Evicting {
			two := budget("web", minAvailable("1", 2, 2, 1, 1))
			two.Name = "web-too"
			srv.Must(srv.Create(budget("web", minAvailable("1", 2, 2, 1, 1)), two))
		}
	}
	err := b.drain()
	expectText(t, err, "eviction of shop/web-1: more than one disruption budget", "(web, web-too)")
	if e := incompleteOf(t, err); len(e.Evicted) != 0 || len(e.Remaining) != 1 {
		t.Errorf("evicted %v, remaining %v", e.Evicted, e.Remaining)
	}
	if n := deletions(srv); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
}

// The StatefulSet's trap: the pod that a budget holds back is deleted by somebody
// else, and made anew under the same name. The new one is not the drain's business.
func TestPodOfTheSameNameIsNotChased(t *testing.T) {
	t.Parallel()
	for _, node := range []string{"node-1", "node-2"} {
		t.Run("anew on "+node, func(t *testing.T) {
			t.Parallel()
			srv := kubetest.Start(t)
			stateful := func(opts ...kubetest.PodOption) *corev1.Pod {
				return kubetest.Pod("shop", "web-0", append(opts, kubetest.WithOwner("apps/v1", "StatefulSet", "web", "set"), kubetest.WithLabels("app", "web"))...)
			}
			first := stateful()
			srv.Must(srv.Create(first, budget("web", minAvailable("1", 2, 1, 1, 0))))
			next := stateful(kubetest.OnNode(node))
			b := newBench(t, srv, quick())
			b.on = func(e Event) {
				if e.Kind == Blocked {
					srv.Must(srv.DeletePod("shop", "web-0"))
					srv.Must(srv.Create(next))
					srv.ForgetRequests()
				}
			}
			b.mustDrain()
			if got := b.told(Gone); len(got) != 1 || got[0].Pod.UID != first.UID {
				t.Errorf("gone: %v, want the first web-0", got)
			}
			b.expectUntouched() // since the new pod is there
			if p, err := srv.GetPod("shop", "web-0"); err != nil || p.UID != next.UID || p.DeletionTimestamp != nil {
				t.Errorf("the new pod: %v, %v", p, err)
			}
		})
	}
}

// The pod is made anew between the list and the eviction: the UID protects the new one.
func TestEvictionMeansOnePod(t *testing.T) {
	t.Parallel()
	for name, disable := range map[string]bool{"by eviction": false, "by deletion": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := kubetest.Start(t)
			srv.Must(srv.Create(replica("web", "web-0")))
			next := replica("web", "web-0", kubetest.OnNode("node-2"))
			opts := quick()
			opts.DisableEviction = disable
			b := newBench(t, srv, opts)
			b.on = func(e Event) {
				if e.Kind == Evicting {
					srv.Must(srv.DeletePod("shop", "web-0"))
					srv.Must(srv.Create(next))
				}
			}
			b.mustDrain()
			if p, err := srv.GetPod("shop", "web-0"); err != nil || p.UID != next.UID || p.DeletionTimestamp != nil {
				t.Errorf("the new pod: %v, %v", p, err)
			}
			if n := deletions(srv); n != 1 {
				t.Errorf("asked %d times, want once", n)
			}
		})
	}
}

// A pod in a namespace that is being deleted cannot be evicted; it goes by itself.
func TestTerminatingNamespaceIsWaitedFor(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Must(srv.Create(replica("web", "web-1")))
	b := newBench(t, srv, quick(), tripper(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if !isEviction(r) {
			return next.RoundTrip(r)
		}
		return answerWith(r, http.StatusForbidden, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,
			"message":"unable to create new content in namespace shop because it is being terminated",
			"details":{"name":"web-1","causes":[{"reason":"NamespaceTerminating","message":"namespace shop is being terminated","field":"metadata.namespace"}]}}`), nil
	}).wrap)
	b.on = func(e Event) {
		if e.Kind == Terminating {
			time.AfterFunc(300*time.Millisecond, func() { srv.Must(srv.DeletePod("shop", "web-1")) })
		}
	}
	b.mustDrain()
	b.expectTold(Terminating, "web-1") // once
	b.expectTold(Gone, "web-1")
}
