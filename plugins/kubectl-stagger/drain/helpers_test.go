package drain

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// quick are options under which nothing takes long.
func quick() Options {
	return Options{RetryEvery: 20 * time.Millisecond, LookEvery: 20 * time.Millisecond, Patience: 20 * time.Second}
}

// bench is a drain of node-1 of a scripted cluster, and what it reports.
type bench struct {
	*Drainer
	t      *testing.T
	srv    *kubetest.Server
	mu     sync.Mutex
	events []Event
	// on, where not nil, is called with each event, in the drain.
	on func(Event)
}

func newBench(t *testing.T, srv *kubetest.Server, opts Options, through ...func(http.RoundTripper) http.RoundTripper) *bench {
	t.Helper()
	config := srv.RESTConfig()
	for _, wrap := range through {
		config.Wrap(wrap)
	}
	cluster, err := kube.NewCluster("", "default", config)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, srv: srv}
	b.Drainer = &Drainer{Cluster: cluster, Options: opts, Report: func(e Event) {
		b.mu.Lock()
		b.events = append(b.events, e)
		b.mu.Unlock()
		if b.on != nil {
			b.on(e)
		}
	}}
	return b
}

// drain drains node-1 within a time that only a failing test needs.
func (b *bench) drain() error {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	return b.Drain(ctx, "node-1")
}

// drainUntil drains node-1 until its time is over, which is when over says so.
func (b *bench) drainUntil(over func() bool) error {
	b.t.Helper()
	ctx, cancel := context.WithCancelCause(b.t.Context())
	var watch sync.WaitGroup
	defer watch.Wait()
	defer cancel(nil)
	watch.Go(func() {
		for tick := 0; !over() && tick < 3000 && ctx.Err() == nil; tick++ {
			time.Sleep(10 * time.Millisecond)
		}
		cancel(context.DeadlineExceeded)
	})
	return b.Drain(ctx, "node-1")
}

// evictionsOf is how often the eviction of a pod was asked for.
func (b *bench) evictionsOf(pod string) int {
	return b.srv.CountRequests(func(r kubetest.RequestRecord) bool { return strings.HasSuffix(r.Path, pod+"/eviction") })
}

// mustDrain drains node-1 to its end.
func (b *bench) mustDrain() {
	b.t.Helper()
	if err := b.drain(); err != nil {
		b.t.Fatal(err)
	}
}

// told are the events of a kind.
func (b *bench) told(kind Kind) []Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	var told []Event
	for _, e := range b.events {
		if e.Kind == kind {
			told = append(told, e)
		}
	}
	return told
}

// podsTold are the names of the pods of the events of a kind, sorted.
func (b *bench) podsTold(kind Kind) []string {
	var names []string
	for _, e := range b.told(kind) {
		names = append(names, e.Pod.Name)
	}
	slices.Sort(names)
	return names
}

// expectTold checks for which pods a kind of event was told.
func (b *bench) expectTold(kind Kind, pods ...string) {
	b.t.Helper()
	if got := b.podsTold(kind); !slices.Equal(got, pods) {
		b.t.Errorf("%s: %v, want %v", kind, got, pods)
	}
}

// deletions are the requests that could take a pod away.
func deletions(srv *kubetest.Server) int {
	return srv.CountRequests(func(r kubetest.RequestRecord) bool {
		return r.Method == http.MethodDelete || strings.HasSuffix(r.Path, "/eviction")
	})
}

func (b *bench) expectUntouched() {
	b.t.Helper()
	if n := deletions(b.srv); n != 0 {
		b.t.Errorf("%d requests would take pods away, want none", n)
	}
}

func incompleteOf(t *testing.T, err error) *Incomplete {
	t.Helper()
	var e *Incomplete
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Incomplete", err)
	}
	return e
}

// expectText checks that an error says what a reader needs.
func expectText(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not say %q:\n%v", part, err)
		}
	}
}

// budget is one over the pods with the label app=NAME.
func budget(name string, change func(*policyv1.PodDisruptionBudget)) *policyv1.PodDisruptionBudget {
	b := &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name},
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}},
	}
	change(b)
	return b
}

func minAvailable(value string, expected, healthy, needed, allowed int32) func(*policyv1.PodDisruptionBudget) {
	return func(b *policyv1.PodDisruptionBudget) {
		b.Spec.MinAvailable = new(intstr.Parse(value))
		counts(b, expected, healthy, needed, allowed)
	}
}

func maxUnavailable(value string, expected, healthy, needed, allowed int32) func(*policyv1.PodDisruptionBudget) {
	return func(b *policyv1.PodDisruptionBudget) {
		b.Spec.MaxUnavailable = new(intstr.Parse(value))
		counts(b, expected, healthy, needed, allowed)
	}
}

func counts(b *policyv1.PodDisruptionBudget, expected, healthy, needed, allowed int32) {
	b.Status.ExpectedPods, b.Status.CurrentHealthy, b.Status.DesiredHealthy, b.Status.DisruptionsAllowed = expected, healthy, needed, allowed
}

// replica is a pod of a ReplicaSet, with the label app=APP.
func replica(app, name string, opts ...kubetest.PodOption) *corev1.Pod {
	return kubetest.Pod("shop", name, append([]kubetest.PodOption{
		kubetest.WithOwner("apps/v1", "ReplicaSet", app, "rs-"+app), kubetest.WithLabels("app", app)}, opts...)...)
}

// tripper answers requests in the server's place where it returns an answer.
type tripper func(*http.Request, http.RoundTripper) (*http.Response, error)

func (f tripper) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) { return f(r, next) })
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func isEviction(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/eviction") }

// goroutinesOfDrains are those that run code of this package but for tests' own.
func goroutinesOfDrains() int {
	buf := make([]byte, 1<<20)
	stacks := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
	n := 0
	for _, s := range stacks {
		if strings.Contains(s, "drain.(*run)") {
			n++
		}
	}
	return n
}
