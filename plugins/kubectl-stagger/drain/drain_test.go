package drain

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// aNode is what is on a node of a real cluster: of a DaemonSet, of a file, ended, of
// controllers; and one of another node.
func aNode(t *testing.T, opts ...kubetest.Option) *kubetest.Server {
	srv := kubetest.Start(t, opts...)
	set := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "agent", UID: "agent-uid"}}
	srv.Must(srv.Create(set,
		kubetest.Pod("shop", "agent-1", kubetest.WithOwner("apps/v1", "DaemonSet", "agent", "agent-uid")),
		kubetest.Pod("shop", "proxy-node-1", kubetest.WithAnnotations(corev1.MirrorPodAnnotationKey, "x")),
		kubetest.Pod("shop", "job-1", kubetest.With(func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded })),
		replica("web", "web-1"), replica("web", "web-2"), replica("web", "web-3", kubetest.OnNode("node-2"))))
	return srv
}

func TestDrainEmptiesTheNode(t *testing.T) {
	t.Parallel()
	srv := aNode(t, kubetest.WithTermination(200*time.Millisecond))
	opts := quick()
	opts.IgnoreDaemonSets = true
	b := newBench(t, srv, opts)
	b.on = func(e Event) {
		if e.Kind == Gone {
			if p, err := srv.GetPod("shop", e.Pod.Name); err == nil {
				t.Errorf("%s is told gone, and is there: %v", e.Pod, p.DeletionTimestamp)
			}
		}
	}
	b.mustDrain()
	b.expectTold(Evicting, "job-1", "web-1", "web-2")
	b.expectTold(Evicted, "job-1", "web-1", "web-2")
	b.expectTold(Gone, "job-1", "web-1", "web-2")
	left, err := srv.List(schema.GroupVersionResource{Version: "v1", Resource: "pods"}, "shop")
	srv.Must(err)
	var names []string
	for _, p := range left {
		names = append(names, p.GetName())
	}
	if want := []string{"agent-1", "proxy-node-1", "web-3"}; !slices.Equal(names, want) {
		t.Errorf("left are %v, want %v", names, want)
	}
	for _, e := range b.told(Evicted) {
		if want := map[string]time.Duration{"web-1": 30 * time.Second, "web-2": 30 * time.Second}[e.Pod.Name]; e.Grace != want {
			t.Errorf("told a grace period of %s for %s, want its own %s", e.Grace, e.Pod, want)
		}
	}
}

func TestRefusedDrainTouchesNothing(t *testing.T) {
	t.Parallel()
	srv := aNode(t)
	srv.Must(srv.Create(kubetest.Pod("shop", "bare"), budget("web", maxUnavailable("0", 3, 3, 3, 0))))
	b := newBench(t, srv, quick())
	err := b.drain()
	var refused *Refused
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a *Refused", err)
	}
	expectText(t, err, "--ignore-daemonsets", "shop/agent-1", "--force", "shop/bare", "disruption budget shop/web", "maxUnavailable is 0", "shop/web-1, shop/web-2")
	b.expectUntouched()
}

func TestGracePeriods(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		grace *time.Duration
		want  int64
	}{
		"its own":                {nil, 30},
		"of the options":         {new(7 * time.Second), 7},
		"rounded up":             {new(1500 * time.Millisecond), 2},
		"never none":             {new(time.Duration(0)), 1},
		"without an eviction":    {new(9 * time.Second), 9},
		"its own, by a deletion": {nil, 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := kubetest.Start(t, kubetest.WithTermination(time.Hour))
			srv.Must(srv.Create(replica("web", "web-1")))
			opts := quick()
			opts.Grace, opts.DisableEviction = test.grace, strings.Contains(name, "without") || strings.Contains(name, "deletion")
			b := newBench(t, srv, opts)
			b.on = func(e Event) {
				if e.Kind != Evicted {
					return
				}
				if p, err := srv.GetPod("shop", "web-1"); err != nil || *p.DeletionGracePeriodSeconds != test.want {
					t.Errorf("the pod is %v, %v; want a grace period of %d s", p.DeletionGracePeriodSeconds, err, test.want)
				}
				srv.Must(srv.DeletePod("shop", "web-1"))
			}
			b.mustDrain()
			b.expectTold(Evicted, "web-1")
		})
	}
}

func TestDisableEvictionAsksNoBudget(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Must(srv.Create(replica("web", "web-1"), budget("web", maxUnavailable("0", 1, 1, 1, 0))))
	srv.Fault(kubetest.Fault{Match: kubetest.Lists("poddisruptionbudgets"), Status: http.StatusInternalServerError})
	srv.Forbid("create", "pods/eviction")
	opts := quick()
	opts.DisableEviction = true
	b := newBench(t, srv, opts)
	b.mustDrain()
	b.expectTold(Gone, "web-1")
}

// A pod that is on its way out is waited for, and not evicted; what is said against
// evicting it does not matter.
func TestPodThatIsBeingDeletedIsWaitedFor(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Must(srv.Create(kubetest.Pod("shop", "bare", going1m)))
	b := newBench(t, srv, quick())
	b.on = func(e Event) {
		if e.Kind == Waiting {
			srv.Must(srv.DeletePod("shop", "bare"))
		}
	}
	b.mustDrain()
	b.expectTold(Waiting, "bare")
	b.expectTold(Gone, "bare")
	b.expectUntouched()
}

func going1m(p *corev1.Pod) {
	p.DeletionTimestamp, p.DeletionGracePeriodSeconds = new(metav1.NewTime(time.Now().Add(-time.Minute))), new(int64(30))
	p.Finalizers = []string{"example.org/keep"}
}

// Somebody else deletes a pod that a budget holds back: then it is waited for, too.
func TestPodThatSomebodyElseDeletes(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Must(srv.Create(replica("web", "web-1"), budget("web", minAvailable("1", 2, 1, 1, 0))))
	b := newBench(t, srv, quick())
	b.on = func(e Event) {
		switch e.Kind {
		case Blocked:
			srv.Must(srv.EditPod("shop", "web-1", going1m))
			srv.ForgetRequests()
		case Waiting:
			srv.Must(srv.DeletePod("shop", "web-1"))
		}
	}
	b.mustDrain()
	b.expectTold(Waiting, "web-1")
	b.expectTold(Gone, "web-1")
	b.expectUntouched() // since it is being deleted
}

func TestSkipWaitForDelete(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Must(srv.Create(replica("web", "late", going1m), replica("web", "hung", kubetest.With(func(p *corev1.Pod) {
		p.DeletionTimestamp, p.DeletionGracePeriodSeconds = new(metav1.NewTime(time.Now().Add(-8*time.Second))), new(int64(30))
	}))))
	opts := quick()
	opts.SkipWaitForDelete = 10 * time.Second
	b := newBench(t, srv, opts)
	plan, err := b.Plan(t.Context(), "node-1")
	if err != nil || len(plan.Left) != 1 || plan.Left[0].Name != "late" || plan.Left[0].Why != Overdue {
		t.Errorf("left: %v, %v; want the pod that should have been gone for a minute", plan.Left, err)
	}
	b.mustDrain() // ends when "hung" is overdue, too
	b.expectTold(Skipped, "hung")
	b.expectUntouched()
}

func TestPodsThatVanishAreNoError(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Must(srv.Create(replica("web", "web-1"), replica("web", "web-2")))
	b := newBench(t, srv, quick())
	b.on = func(e Event) {
		if e.Kind == Evicting && e.Pod.Name == "web-1" {
			srv.Must(srv.DeletePod("shop", "web-2"))
		}
	}
	b.mustDrain()
	b.expectTold(Evicted, "web-1")
	b.expectTold(Gone, "web-1", "web-2")
	if told := b.told(Retrying); len(told) != 0 {
		t.Errorf("told: %v, want nothing of a pod that is gone", told)
	}
}

func TestOrphansOfDaemonSetsNeedForce(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Must(srv.Create(kubetest.Pod("shop", "agent-1", kubetest.WithOwner("apps/v1", "DaemonSet", "agent", "agent-uid"))))
	opts := quick()
	opts.IgnoreDaemonSets = true
	b := newBench(t, srv, opts)
	expectText(t, b.drain(), "DaemonSet is gone", "--force", "shop/agent-1")
	b.expectUntouched()
	b.Options.Force = true
	b.mustDrain()
	b.expectTold(Gone, "agent-1")
}
