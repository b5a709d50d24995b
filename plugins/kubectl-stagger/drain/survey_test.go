package drain

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// fleet is a cluster of two pages of pods: many that may go on node-1 and node-2, and
// on each of these and on node-3 one of no controller.
func fleet(t *testing.T) *kubetest.Server {
	t.Helper()
	srv := kubetest.Start(t)
	owned := kubetest.WithOwner("apps/v1", "ReplicaSet", "web-1", "uid-web")
	for i := range surveyPage {
		srv.Must(srv.Create(kubetest.Pod("shop", fmt.Sprintf("web-%03d", i), owned, kubetest.OnNode(fmt.Sprintf("node-%d", 1+i%2)), kubetest.WithLabels("app", "web"))))
	}
	for i := 1; i <= 3; i++ {
		srv.Must(srv.Create(kubetest.Pod("tools", fmt.Sprintf("bare-%d", i), kubetest.OnNode(fmt.Sprintf("node-%d", i)))))
	}
	return srv
}

func onTwo(node string) bool { return node == "node-1" || node == "node-2" }

// A survey finds what forbids draining any of the nodes, on every page, and nothing
// of other nodes.
func TestSurvey(t *testing.T) {
	t.Parallel()
	b := newBench(t, fleet(t), quick())
	plan, err := b.Survey(t.Context(), onTwo)
	if err != nil {
		t.Fatal(err)
	}
	var refused []string
	for _, r := range plan.Refusals {
		refused = append(refused, r.Pod.String()+" "+string(r.Cause))
	}
	if want := []string{"tools/bare-1 " + string(NoController), "tools/bare-2 " + string(NoController)}; !slices.Equal(refused, want) {
		t.Errorf("refused: %q, want %q", refused, want)
	}
}

// Where budgets may be listed by namespace only, those of every page's namespaces
// are.
func TestSurveyOfNamespaces(t *testing.T) {
	t.Parallel()
	srv := fleet(t)
	srv.Fault(kubetest.Fault{Match: func(r *http.Request) bool { return r.URL.Path == "/apis/policy/v1/poddisruptionbudgets" }, Status: http.StatusForbidden})
	srv.Forbid("list", "poddisruptionbudgets.policy", "tools")
	b := newBench(t, srv, quick())
	plan, err := b.Survey(t.Context(), onTwo)
	if err != nil || len(plan.Unseen) != 1 || !strings.Contains(plan.Unseen[0], "namespace tools") {
		t.Errorf("%v, unseen %q", err, plan.Unseen)
	}
}

// What cannot be read is an error, not a survey without findings.
func TestSurveyUnread(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"pods", "poddisruptionbudgets", "daemonsets"} {
		srv := fleet(t)
		srv.Must(srv.Create(kubetest.Pod("tools", "agent", kubetest.OnNode("node-1"), kubetest.WithOwner("apps/v1", "DaemonSet", "agent", "uid"),
			kubetest.With(func(p *corev1.Pod) { p.OwnerReferences[0].Controller = new(true) }))))
		verb := "list"
		if what == "daemonsets" {
			verb = "get"
		}
		srv.Fault(kubetest.Fault{Match: kubetest.Call(verb, what), Status: http.StatusInternalServerError})
		opts := quick()
		opts.IgnoreDaemonSets = true
		if _, err := newBench(t, srv, opts).Survey(t.Context(), onTwo); !apierrors.IsInternalError(err) {
			t.Errorf("%s: got %v, want the API's 500", what, err)
		}
	}
}
