package drain

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// Who may not read DaemonSets can still leave their pods alone.
func TestForbiddenDaemonSets(t *testing.T) {
	t.Parallel()
	srv := aNode(t)
	srv.Forbid("get", "daemonsets")
	opts := quick()
	opts.IgnoreDaemonSets = true
	b := newBench(t, srv, opts)
	plan, err := b.Plan(t.Context(), "node-1")
	if err != nil || plan.Err() != nil {
		t.Fatalf("%v, %v", err, plan)
	}
	if left := plan.Left[0]; left.Name != "agent-1" || left.Why != OfDaemonSet || !strings.Contains(left.Note, "may not be read") {
		t.Errorf("left: %s, %s, %q; want the pod and why nothing is known of its DaemonSet", left, left.Why, left.Note)
	}
	b.mustDrain()
	if _, err := srv.GetPod("shop", "agent-1"); err != nil {
		t.Errorf("the DaemonSet's pod: %v", err)
	}
}

// What cannot be read stops the drain before it begins.
func TestNothingIsDrainedUnread(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"pods", "poddisruptionbudgets", "daemonsets"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			srv := aNode(t)
			verb := "list"
			if what == "daemonsets" {
				verb = "get"
			}
			srv.Fault(kubetest.Fault{Match: kubetest.Call(verb, what), Status: http.StatusInternalServerError})
			opts := quick()
			opts.IgnoreDaemonSets = true
			b := newBench(t, srv, opts)
			if err := b.drain(); !apierrors.IsInternalError(err) {
				t.Errorf("got %v, want the API's 500", err)
			}
			b.expectUntouched()
		})
	}
}

// Who may not list all budgets may be allowed to list those of a namespace.
func TestBudgetsOfNamespaces(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t)
	srv.Must(srv.Create(replica("web", "web-1"), budget("web", maxUnavailable("0%", 1, 1, 1, 0))))
	srv.ForbidAtClusterScope("list", "poddisruptionbudgets")
	b := newBench(t, srv, quick())
	expectText(t, b.drain(), "maxUnavailable is 0%")

	srv.Forbid("list", "poddisruptionbudgets", "shop")
	plan, err := b.Plan(t.Context(), "node-1")
	if err != nil {
		t.Fatal(err)
	}
	if plan.Err() != nil || len(plan.Unseen) != 1 || !strings.Contains(plan.Unseen[0], "namespace shop") {
		t.Errorf("the plan is %+v, want it to say that budgets were not seen", plan)
	}
}

// Lists that are repeated are cheap for the API server, and never older than the
// first: a pod that is not in one of them is gone.
func TestLooksAreCheapAndNotStale(t *testing.T) {
	t.Parallel()
	srv := kubetest.Start(t, kubetest.WithTermination(200*time.Millisecond))
	srv.Must(srv.Create(replica("web", "web-1")))
	b := newBench(t, srv, quick())
	b.mustDrain()
	var lists []url.Values
	for _, r := range srv.Requests() {
		if r.Path == "/api/v1/pods" {
			lists = append(lists, r.Query)
		}
	}
	if len(lists) < 2 {
		t.Fatalf("%d lists, want the plan's and more", len(lists))
	}
	for i, q := range lists {
		fresh := q.Get("resourceVersionMatch") == "NotOlderThan" && q.Get("resourceVersion") != "" && q.Get("resourceVersion") != "0"
		if q.Get("fieldSelector") != "spec.nodeName=node-1" || q.Has("limit") || fresh != (i > 0) || (i == 0 && q.Has("resourceVersion")) {
			t.Errorf("list %d asks for %v", i, q)
		}
	}
}
