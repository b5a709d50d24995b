package recreate

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate/gcetest"
)

func TestEveryStatus(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault  gcetest.Fault
		again  bool // passing: it is tried again
		advice string
	}{
		"400":           {gcetest.Fault{Status: 400, Reason: "invalid", Message: "Invalid value"}, false, ""},
		"401":           {gcetest.Fault{Status: 401, Reason: "authError", Message: "Invalid Credentials"}, false, "gcloud auth application-default login"},
		"403":           {gcetest.Fault{Status: 403, Reason: "forbidden", Message: "Required 'compute.instances.get' permission for 'projects/p'"}, false, "role with compute.instances.get"},
		"403 no reason": {gcetest.Fault{Status: 403, Body: "<html>proxy"}, false, "roles/compute.instanceAdmin.v1"},
		"API is off":    {gcetest.Fault{Status: 403, Reason: "accessNotConfigured", Message: "Compute Engine API has not been used"}, false, "gcloud services enable compute.googleapis.com"},
		"scope":         {gcetest.Fault{Status: 403, Reason: "insufficientPermissions", Message: "Request had insufficient authentication scopes."}, false, "lack the scope"},
		"too many, 403": {gcetest.Fault{Status: 403, Reason: "rateLimitExceeded", Message: "Rate Limit Exceeded"}, true, ""},
		"408":           {gcetest.Fault{Status: 408}, true, ""},
		"429":           {gcetest.Fault{Status: 429, Reason: "rateLimitExceeded"}, true, ""},
		"500":           {gcetest.Fault{Status: 500, Reason: "backendError"}, true, ""},
		"501":           {gcetest.Fault{Status: 501}, false, ""},
		"502, no JSON":  {gcetest.Fault{Status: 502, Body: "<html>Bad Gateway"}, true, ""},
		"503":           {gcetest.Fault{Status: 503}, true, ""},
		"302":           {gcetest.Fault{Status: 302, Body: "elsewhere"}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gcetest.Start(t)
			vm := member("node-1")
			s.AddVM(vm)
			g := newGoogle(t, s, false)
			test.fault.Call, test.fault.Times = gcetest.GetVM, 3
			s.Fault(test.fault)
			_, err := g.api.instance(t.Context(), vmRef{"my-proj", "europe-west1-b", "node-1"})
			if test.again {
				if n := s.Count(gcetest.GetVM); err != nil || n != 4 {
					t.Errorf("%d requests and error %v, want 4 and none", n, err)
				}
				return
			}
			if n := s.Count(gcetest.GetVM); n != 1 {
				t.Errorf("%d requests for an answer that is final", n)
			}
			answer := wantAnswer(t, err)
			if answer.Code != test.fault.Status || (answer.Advice == "") != (test.advice == "") || !strings.Contains(answer.Advice, test.advice) {
				t.Errorf("%+v, want advice %q", answer, test.advice)
			}
			wantError(t, err, "instances.get: ")
			if strings.Contains(err.Error(), "<html>") {
				t.Errorf("%q quotes a page that is no answer of the API", err)
			}
		})
	}
}

func TestRetriesEnd(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	s.Fault(gcetest.Fault{Status: 503, Reason: "backendError", Message: "try later"})
	g := newGoogle(t, s, false)
	g.api.(*rest).retry = retry{total: 300 * time.Millisecond, first: 10 * time.Millisecond}
	_, err := g.Recreate(t.Context(), targetOf(member("a")))
	wantError(t, err, "node a", "try later", "tried")
	if n := len(s.Calls()); n < 2 || n > 30 {
		t.Errorf("%d requests in 300 ms with pauses that double from 10 ms", n)
	}
}

func TestRetryAfterIsHeeded(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	vm := member("a")
	s.AddVM(vm)
	s.Fault(gcetest.Fault{Status: 429, RetryAfter: "1", Times: 1})
	g := newGoogle(t, s, false)
	begin := time.Now()
	if _, err := g.api.instance(t.Context(), vmRef{"my-proj", "europe-west1-b", "a"}); err != nil {
		t.Fatal(err)
	}
	if waited := time.Since(begin); waited < time.Second {
		t.Errorf("tried again after %v, and the server wanted 1s", waited)
	}
	s.Fault(gcetest.Fault{Status: 429, RetryAfter: "3600"})
	_, err := g.Recreate(t.Context(), targetOf(vm))
	if answer := wantAnswer(t, err); answer.Code != 429 {
		t.Errorf("%+v, want the 429: an hour is more than one waits", answer)
	}
}

func TestRetryAfterForms(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-3": 0, "soon": 0, "99999999999": 0, "9999999": 24 * time.Hour,
		"Fri, 01 May 2026 12:00:30 GMT": 30 * time.Second, "Fri, 01 May 2026 11:00:00 GMT": 0,
	} {
		if header == "99999999999" {
			want = 24 * time.Hour
		}
		if got := retryAfter(header, now); got != want {
			t.Errorf("Retry-After %q: %v, want %v", header, got, want)
		}
	}
}

func TestTheEndOfTheContextIsHeeded(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]gcetest.Fault{
		"while it waits to try again": {Status: 503, RetryAfter: "10"},
		"while no answer comes":       {Stall: true},
	} {
		s := gcetest.Start(t)
		s.Fault(fault)
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := newGoogle(t, s, false).Recreate(ctx, targetOf(member("a")))
			failed <- err
		}()
		eventually(t, "the request", func() bool { return len(s.Calls()) == 1 })
		cancel()
		select {
		case err := <-failed:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v, want that it was cancelled", name, err)
			}
		case <-time.After(9 * time.Second):
			t.Fatalf("%s: it goes on after its context", name)
		}
	}
}

func TestConnectionsThatBreak(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	vm := member("node-1")
	s.AddVM(vm)
	g := newGoogle(t, s, false)
	s.Fault(gcetest.Fault{Call: gcetest.GetVM, Cut: true, Times: 2})
	s.Fault(gcetest.Fault{Call: gcetest.Recreate, Cut: true, Late: true, Times: 2}) // accepted, and the answer gets lost
	op := mustRecreate(t, g, targetOf(vm))
	if op.Name == "" {
		t.Fatalf("operation %+v: the lost one was not found again", op)
	}
	ids := map[string]bool{}
	for _, c := range s.Calls() {
		if c.Name == gcetest.Recreate {
			ids[c.Query.Get("requestId")] = true
		}
	}
	if n := s.Count(gcetest.Recreate); n != 3 || len(ids) != 1 || ids[""] {
		t.Errorf("%d requests with ids %v, want 3 with the same", n, ids)
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	g := newGoogle(t, s, false)
	g.api.(*rest).retry.total = 50 * time.Millisecond
	host := strings.TrimSuffix(strings.TrimPrefix(s.URL(), "http://"), "/compute/v1")
	s.Close()
	_, err := g.Recreate(t.Context(), targetOf(member("a")))
	wantError(t, err, "node a", "no answer from "+host)
	if strings.Contains(err.Error(), "fields=") {
		t.Errorf("%q shows the whole URL", err)
	}
}

func TestAnswersOfSomethingElse(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	s.Fault(gcetest.Fault{Status: 200, Body: "<html>log in first"})
	_, err := newGoogle(t, s, false).Recreate(t.Context(), targetOf(member("a")))
	wantError(t, err, "not the Compute Engine API's")
}

func TestNoRedirectionIsFollowed(t *testing.T) {
	t.Parallel()
	var strayed atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Store(true) }))
	defer elsewhere.Close()
	api := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer api.Close()
	g, err := NewGCE(GCEOptions{Endpoint: api.URL, Anonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Recreate(t.Context(), targetOf(member("a"))); err == nil || strayed.Load() {
		t.Errorf("it went where it was sent; error %v", err)
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	for endpoint, anonymous := range map[string]bool{
		"compute.googleapis.com": false, "ftp://x/y": true, "https://": false, "https://x/?a=b": false,
		"https://user:hunter2@example.com/compute/v1": false,
		"http://example.com/compute/v1":               false, // a token would go over the wire in the clear
		"http://127.0.0.1:1/compute/v1":               false,
	} {
		_, err := NewGCE(GCEOptions{Endpoint: endpoint, Anonymous: anonymous})
		if err == nil {
			t.Errorf("endpoint %q was taken", endpoint)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q shows a password", err)
		}
	}
	for endpoint, anonymous := range map[string]bool{"": false, "https://x.example/compute/v1/": false, "http://127.0.0.1:1/compute/v1": true} {
		if _, err := NewGCE(GCEOptions{Endpoint: endpoint, Anonymous: anonymous}); err != nil {
			t.Error(err)
		}
	}
}
