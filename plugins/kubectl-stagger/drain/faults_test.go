package drain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

func answerWith(r *http.Request, code int, body string) *http.Response {
	return &http.Response{StatusCode: code, Status: http.StatusText(code), Proto: "HTTP/2.0", ProtoMajor: 2, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader([]byte(body)))}
}

// What the API gets over is waited for, and told once.
func TestApiThatFailsForAWhile(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]kubetest.Fault{
		"500":        {Status: http.StatusInternalServerError, Times: 3},
		"503":        {Status: http.StatusServiceUnavailable, Times: 3},
		"401":        {Status: http.StatusUnauthorized, Times: 3},
		"overloaded": {Status: http.StatusTooManyRequests, Times: 3, Message: "too many requests, please try again later"},
		"cut":        {End: kubetest.Reset, Times: 3},
	} {
		for _, where := range []string{"eviction", "list"} {
			t.Run(name+" in "+where, func(t *testing.T) {
				t.Parallel()
				srv := kubetest.Start(t, kubetest.WithTermination(200*time.Millisecond))
				srv.Must(srv.Create(replica("web", "web-1")))
				f := fault
				f.Match = kubetest.EvictionsOf("shop", "web-1")
				if where == "list" {
					f.Match, f.Skip = kubetest.Lists("pods"), 1 // the plan's
				}
				struck := srv.Fault(f)
				b := newBench(t, srv, quick())
				b.mustDrain()
				b.expectTold(Gone, "web-1")
				if struck.Count() != 3 {
					t.Errorf("the fault struck %d times, want 3", struck.Count())
				}
				if told := b.told(Retrying); len(told) > 1 {
					t.Errorf("told %d times: %v", len(told), told)
				}
			})
		}
	}
}

func TestApiThatDoesNotComeBack(t *testing.T) {
	t.Parallel()
	for where, match := range map[string]kubetest.Match{"eviction": kubetest.EvictionsOf("", ""), "list": kubetest.Lists("pods")} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			srv := kubetest.Start(t, kubetest.WithTermination(time.Hour))
			srv.Must(srv.Create(replica("web", "web-1")))
			opts := quick()
			opts.Patience = 500 * time.Millisecond
			b := newBench(t, srv, opts)
			srv.Fault(kubetest.Fault{Match: match, Status: http.StatusInternalServerError, Message: "etcd is gone", Skip: b.skipPlan(where)})
			err := b.drain()
			e := incompleteOf(t, err)
			if !apierrors.IsInternalError(err) {
				t.Errorf("the cause is %v, want the API's 500", e.Cause)
			}
			if n := len(b.told(Retrying)); n != 1 {
				t.Errorf("told %d times that it is tried again, want once", n)
			}
			if len(e.Remaining) != 1 || e.Remaining[0].Going != (where == "list") {
				t.Errorf("remaining: %+v", e.Remaining)
			}
		})
	}
}

func (b *bench) skipPlan(where string) int {
	if where == "list" {
		return 1
	}
	return 0
}

func TestServerRestarts(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t, kubetest.WithTermination(300*time.Millisecond))
	srv.Must(srv.Create(replica("web", "web-1"), replica("web", "web-2")))
	b := newBench(t, srv, quick())
	var once sync.Once
	restarted := make(chan error, 1)
	b.on = func(e Event) {
		if e.Kind == Evicted {
			once.Do(func() { go func() { restarted <- srv.Restart(200 * time.Millisecond) }() })
		}
	}
	b.mustDrain()
	srv.Must(<-restarted)
	b.expectTold(Gone, "web-1", "web-2")
}

// An API server that takes requests and does not answer must not hold up the rest.
func TestEvictionThatIsNotAnswered(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Must(srv.Create(replica("web", "web-1"), replica("web", "web-2")))
	srv.Fault(kubetest.Fault{Match: kubetest.EvictionsOf("shop", "web-1"), Stall: true, Times: 1})
	opts := quick()
	opts.Patience = 2 * time.Second // of which a request may take half
	b := newBench(t, srv, opts)
	b.mustDrain()
	b.expectTold(Gone, "web-1", "web-2")
	if told := b.told(Retrying); len(told) != 1 || !strings.Contains(told[0].Err.Error(), "no answer") {
		t.Errorf("told: %v, want that one request was not answered", told)
	}
	if gone := b.told(Gone); gone[0].Pod.Name != "web-2" {
		t.Errorf("%s went first, want web-2: it needs not wait for the other", gone[0].Pod)
	}
}

// A refusal that will not change ends the drain, and what has happened is told.
func TestForbiddenEvictionEndsTheDrain(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t, kubetest.WithTermination(time.Hour))
	srv.Must(srv.Create(replica("web", "web-1"), replica("web", "web-2")))
	srv.Forbid("create", "pods/eviction", "shop", "web-2")
	b := newBench(t, srv, quick())
	err := b.drain()
	e := incompleteOf(t, err)
	if !apierrors.IsForbidden(err) {
		t.Errorf("the cause is %v, want the API's 403", e.Cause)
	}
	expectText(t, err, "eviction of shop/web-2", "pods/eviction")
	var evicted []string
	for _, p := range e.Evicted {
		evicted = append(evicted, p.Name)
	}
	if !slices.Equal(evicted, []string{"web-1"}) {
		t.Errorf("evicted: %v, want web-1: its eviction was under way", evicted)
	}
	if n := deletions(srv); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

// Ctrl-C: the drain ends at once, says what it did and leaves nobody behind.
func TestCalledOff(t *testing.T) {
	srv := kubetest.Start(t, kubetest.WithTermination(time.Hour))
	srv.Must(srv.Create(replica("web", "ends"), replica("web", "stalls")))
	stall := srv.Fault(kubetest.Fault{Match: kubetest.EvictionsOf("shop", "stalls"), Stall: true})
	defer stall.Remove()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b := newBench(t, srv, quick())
	var called time.Time
	b.on = func(e Event) {
		if e.Kind == Evicted {
			called = time.Now()
			cancel()
		}
	}
	err := b.Drain(ctx, "node-1")
	if took := time.Since(called); took > 5*time.Second {
		t.Errorf("it took %s to end", took)
	}
	e := incompleteOf(t, err)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the cause is %v, want context.Canceled", e.Cause)
	}
	if len(e.Evicted) != 1 || e.Evicted[0].Name != "ends" {
		t.Errorf("evicted: %v, want just the one that ends", e.Evicted)
	}
	expectText(t, err, "called off", "shop/ends: it is ending", "shop/stalls: the drain ended before the API server answered")
	if told := b.told(Retrying); len(told) != 0 {
		t.Errorf("told: %v, want no retries of what was called off", told)
	}
	// One that has handed over its answer may be about to return.
	for patience := 500; goroutinesOfDrains() != 0; patience-- {
		if patience == 0 {
			t.Fatalf("%d goroutines are left", goroutinesOfDrains())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestCalledOffBeforeItBegins(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Must(srv.Create(replica("web", "web-1")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := newBench(t, srv, quick())
	if err := b.Drain(ctx, "node-1"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	b.expectUntouched()
}

// Evictions are asked for side by side, but not all at once.
func TestEvictionsAreBounded(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	for i := range 4 * maxAsking {
		srv.Must(srv.Create(replica("web", fmt.Sprintf("web-%d", i))))
	}
	srv.Fault(kubetest.Fault{Match: kubetest.EvictionsOf("", ""), Delay: 50 * time.Millisecond})
	var mu sync.Mutex
	var now, most int
	b := newBench(t, srv, quick(), tripper(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if isEviction(r) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			defer func() {
				mu.Lock()
				now--
				mu.Unlock()
			}()
		}
		return next.RoundTrip(r)
	}).wrap)
	b.mustDrain()
	if most != maxAsking {
		t.Errorf("%d evictions at once, want %d", most, maxAsking)
	}
	if n := len(b.told(Gone)); n != 4*maxAsking {
		t.Errorf("%d pods are gone, want all %d", n, 4*maxAsking)
	}
}
