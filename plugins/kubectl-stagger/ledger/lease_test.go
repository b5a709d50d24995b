package ledger

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// short is a lease whose holder counts as dead soon.
const short = 400 * time.Millisecond

func clusterOf(t *testing.T, srv *kubetest.Server) *kube.Cluster {
	t.Helper()
	clusters, err := (&kube.Flags{Kubeconfig: srv.KubeconfigFile(t)}).Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	return clusters[0]
}

func config(t *testing.T, srv *kubetest.Server, holder string) Config {
	return Config{Cluster: clusterOf(t, srv), Namespace: "kube-system", Name: NameFor("preempt"), Holder: holder, Life: short}
}

func acquire(t *testing.T, c Config) (*Lease, context.Context) {
	t.Helper()
	l, held, err := Acquire(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return l, held
}

func stored(t *testing.T, srv *kubetest.Server) *coordinationv1.Lease {
	t.Helper()
	l := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: NameFor("preempt")}}
	if err := srv.Load(l); err != nil {
		t.Fatal(err)
	}
	return l
}

// A second run is refused while the first is alive, however long that takes, and
// not any more when it has given the lease back.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	first, held := acquire(t, config(t, srv, "first"))
	time.Sleep(2 * short) // it renews
	_, _, err := Acquire(t.Context(), config(t, srv, "second"))
	var other *HeldError
	if !errors.As(err, &other) || other.Holder != "first" || !strings.Contains(err.Error(), "first") || !strings.Contains(err.Error(), "kube-system/stagger-preempt") {
		t.Fatalf("the second run got %v", err)
	}
	if held.Err() != nil {
		t.Error("the first run lost its lease")
	}
	if err := first.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, _ := acquire(t, config(t, srv, "second"))
	if got := value(stored(t, srv).Spec.HolderIdentity); got != "second" {
		t.Errorf("the lease is %q's", got)
	}
	if err := second.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A holder that was killed is waited for, then its lease is taken.
func TestDeadHolder(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	old := metav1.NewMicroTime(time.Now().Add(-time.Hour))
	srv.Must(srv.Create(&coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: NameFor("preempt")},
		Spec: coordinationv1.LeaseSpec{HolderIdentity: new("dead"), RenewTime: &old, AcquireTime: &old, LeaseTransitions: new(int32(4))}}))
	c := config(t, srv, "next")
	var waited string
	c.Waiting = func(holder string, _ time.Duration) { waited = holder }
	l, _ := acquire(t, c)
	if waited != "dead" {
		t.Errorf("waited for %q", waited)
	}
	if got := stored(t, srv).Spec; value(got.HolderIdentity) != "next" || value(got.LeaseTransitions) != 5 {
		t.Errorf("the lease is %v", got)
	}
	if err := l.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A holder whose clock is slow looks dead, but gives signs of life: it is not robbed.
func TestSlowClock(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: NameFor("preempt")}}
	lease.Spec.HolderIdentity = new("slow")
	srv.Must(srv.Create(lease))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ctx.Err() == nil; i++ {
			renewed := metav1.NewMicroTime(time.Now().Add(-time.Hour).Add(time.Duration(i) * time.Millisecond))
			l := lease.DeepCopy()
			l.ResourceVersion, l.Spec.RenewTime = "", &renewed
			srv.Must(srv.Apply(l))
			time.Sleep(short / 10)
		}
	}()
	defer func() { cancel(); <-ended }()
	_, _, err := Acquire(t.Context(), config(t, srv, "thief"))
	var other *HeldError
	if !errors.As(err, &other) || other.Holder != "slow" {
		t.Errorf("the lease of a living holder: %v", err)
	}
}

// A run ends when its lease was taken by another one, and does not take it back.
func TestLost(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	l, held := acquire(t, config(t, srv, "first"))
	robbed := stored(t, srv)
	robbed.Spec.HolderIdentity, robbed.ResourceVersion = new("thief"), ""
	srv.Must(srv.Apply(robbed))
	select {
	case <-held.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("the run goes on without its lease")
	}
	if !errors.Is(context.Cause(held), ErrLost) {
		t.Errorf("the cause is %v", context.Cause(held))
	}
	if err := l.SetPlan(t.Context(), Plan{MadeAt: time.Now()}); !errors.Is(err, ErrLost) {
		t.Errorf("writing without the lease: %v", err)
	}
	if err := l.Release(t.Context()); err != nil {
		t.Error(err)
	}
	if got := value(stored(t, srv).Spec.HolderIdentity); got != "thief" {
		t.Errorf("the lease is %q's", got)
	}
}

// A run whose lease cannot be renewed ends before another one may take it.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	l, held := acquire(t, config(t, srv, "first"))
	began := time.Now()
	srv.Fault(kubetest.Fault{Match: func(r *http.Request) bool { return r.Method == http.MethodPut }, Status: 500})
	select {
	case <-held.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("the run goes on")
	}
	if !errors.Is(context.Cause(held), ErrLost) || time.Since(began) < short/2 {
		t.Errorf("ended after %v: %v", time.Since(began), context.Cause(held))
	}
	if err := l.Release(t.Context()); err == nil {
		t.Error("a lease that cannot be given back is no error")
	}
}

// What one run writes down, the next one reads, also beside the edits of others.
func TestNotes(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	c := config(t, srv, "first")
	if s, err := Peek(t.Context(), c); err != nil || !s.Plan.MadeAt.IsZero() || s.InFlight != nil || s.Holder != "" {
		t.Errorf("a lease that is not there tells %+v, %v", s, err)
	}
	l, _ := acquire(t, c)
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	a, b := Record{Node: "a", Step: Awaiting, Began: at}, Record{Node: "b", Step: Awaiting, VM: "77", Began: at}
	other := stored(t, srv) // a human annotates it: our next write conflicts
	other.Annotations = map[string]string{"note": "hands off"}
	srv.Must(srv.Apply(other))
	for _, write := range []func() error{
		func() error { return l.SetInFlight(t.Context(), a, false) },
		func() error { return l.SetInFlight(t.Context(), b, false) },
		func() error { return l.SetInFlight(t.Context(), a, true) },
		func() error {
			return l.SetPlan(t.Context(), Plan{MadeAt: at, Options: "x", Reborn: map[string]time.Time{"b": at, "c": at}})
		},
	} {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Peek(t.Context(), c)
	if err != nil || s.Holder != "first" || !s.Plan.MadeAt.Equal(at) || s.Plan.Options != "x" || len(s.Plan.Reborn) != 2 || len(s.InFlight) != 1 || s.InFlight[0] != b {
		t.Errorf("the lease tells %+v, %v", s, err)
	}
	if got := stored(t, srv).Annotations["note"]; got != "hands off" {
		t.Errorf("somebody's annotation is %q", got)
	}
	if err := l.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	next, _ := acquire(t, config(t, srv, "next"))
	if records, err := next.InFlight(); err != nil || len(records) != 1 || records[0] != b || !next.Plan().MadeAt.Equal(at) {
		t.Errorf("the next run reads %v, %v, %v", records, next.Plan(), err)
	}
	if err := next.SetInFlight(t.Context(), b, true); err != nil {
		t.Fatal(err)
	}
	if _, there := stored(t, srv).Annotations[inFlightKey]; there {
		t.Error("an empty list is kept")
	}
	if left := next.Plan().Reborn; len(left) != 1 || !left["c"].Equal(at) {
		t.Errorf("steps for successors that are left: %v", left)
	}
	if err := next.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// An annotation that somebody has broken is an error that names it.
func TestBrokenNotes(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Must(srv.Create(&coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: NameFor("preempt"),
		Annotations: map[string]string{inFlightKey: "[{", planKey: "yesterday"}}}))
	l, _ := acquire(t, config(t, srv, "first"))
	if _, err := l.InFlight(); err == nil || !strings.Contains(err.Error(), inFlightKey) || !strings.Contains(err.Error(), "stagger-preempt") {
		t.Errorf("broken notes: %v", err)
	}
	if p := l.Plan(); !p.MadeAt.IsZero() {
		t.Errorf("the plan is %v", p)
	}
	if err := l.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A run that has looked at the pool before another one changed it does not go on.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	first, _ := acquire(t, config(t, srv, "first"))
	if err := first.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := config(t, srv, "second")
	seen, err := Peek(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	c.Unchanged = seen.Version
	second, _ := acquire(t, c)
	if err := second.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Acquire(t.Context(), c); !errors.Is(err, ErrChanged) {
		t.Errorf("after another run: %v", err)
	}
	srv.Must(srv.Delete(stored(t, srv)))
	if _, _, err := Acquire(t.Context(), c); !errors.Is(err, ErrChanged) {
		t.Errorf("without the lease that was seen: %v", err)
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Forbid("create", "leases.coordination.k8s.io")
	_, _, err := Acquire(t.Context(), config(t, srv, "first"))
	if err == nil || !strings.Contains(err.Error(), "leases in namespace kube-system") || !strings.Contains(err.Error(), "--lease-namespace") {
		t.Errorf("without the right: %v", err)
	}
}

func TestNameFor(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"preempt", "Preempt", "PREEMPT", "pool=a", "pool=b", "pool-a", strings.Repeat("x", 300), strings.Repeat("x", 301), "ü", ""} {
		got := NameFor(name)
		if other, there := seen[got]; there {
			t.Errorf("%q and %q have the lease %q", name, other, got)
		}
		seen[got] = name
		if len(got) > 253 || strings.Trim(got, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.HasSuffix(got, "-") {
			t.Errorf("%q: %q is no name for the API", name, got)
		}
	}
	if NameFor("preempt") != "stagger-preempt" {
		t.Errorf("an ordinary name becomes %q", NameFor("preempt"))
	}
}
