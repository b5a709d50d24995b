package kube

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

func rollout() Kind {
	return Kind{"argoproj.io", "v1alpha1", "Rollout", "rollouts", "rollout", []string{"ro"}, true}
}

func TestAnswersTo(t *testing.T) {
	pod, deployment := builtinKinds()[0], builtinKinds()[5]
	for _, test := range []struct {
		kind Kind
		yes  string
		no   string
	}{
		{pod, "pod pods po Pod PODS pods. pods.v1.", "p podss pods.v1 pods.core pods.apps svc"},
		{deployment, "deploy deployment deployments Deployment deployments.apps deploy.apps DEPLOYMENTS.V1.APPS deployments.v1.apps",
			"deployments.v1 deployments.v1beta1.apps deployments.extensions deployments. dep"},
		{rollout(), "ro rollout rollouts Rollout rollouts.argoproj.io ro.v1alpha1.argoproj.io", "rollouts.argoproj rollouts.io rol"},
	} {
		for _, word := range strings.Fields(test.yes) {
			if !test.kind.answersTo(word) {
				t.Errorf("%s does not answer to %q", test.kind, word)
			}
		}
		for _, word := range strings.Fields(test.no) {
			if test.kind.answersTo(word) {
				t.Errorf("%s answers to %q", test.kind, word)
			}
		}
	}
}

// A kind without a singular does not answer to no name at all.
func TestAnswersToNothing(t *testing.T) {
	k := Kind{Group: "metrics.k8s.io", Version: "v1beta1", Kind: "PodMetrics", Plural: "pods"}
	for _, word := range []string{"", ".metrics.k8s.io"} {
		if k.answersTo(word) {
			t.Errorf("%s answers to %q", k, word)
		}
	}
}

func TestKindNames(t *testing.T) {
	if got := builtinKinds()[0].String(); got != "pods" {
		t.Errorf("a core kind is %q, want pods", got)
	}
	if got := rollout().String(); got != "rollouts.argoproj.io" {
		t.Errorf("a custom kind is %q, want rollouts.argoproj.io", got)
	}
	if gvr := rollout().GVR(); gvr.Group != "argoproj.io" || gvr.Version != "v1alpha1" || gvr.Resource != "rollouts" {
		t.Errorf("GVR = %v", gvr)
	}
}

// Every word that completion offers means a built-in kind.
func TestOwnerKindsAreKnown(t *testing.T) {
	for _, word := range OwnerKinds() {
		n := 0
		for _, k := range builtinKinds() {
			if k.answersTo(word) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d kinds answer to %q, want one", n, word)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	for word, want := range map[string]string{
		"deplyo":      `; did you mean "deploy"?`,
		"Deployments": `; did you mean "deployments"?`,
		"rolout":      `; did you mean "rollout"?`,
		"certificate": "",
	} {
		if got := didYouMean(word, []Kind{rollout(), {Plural: "x"}}); got != want {
			t.Errorf("didYouMean(%q) = %q, want %q", word, got, want)
		}
	}
}

const aggregated = `{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[
 {"metadata":{"name":"argoproj.io","creationTimestamp":null},"versions":[
  {"version":"v1alpha1","freshness":"Current","resources":[
   {"resource":"rollouts","responseKind":{"group":"argoproj.io","version":"v1alpha1","kind":"Rollout"},"scope":"Namespaced",
    "singularResource":"rollout","shortNames":["ro"],"verbs":["get"],"subresources":[{"subresource":"status"}]},
   {"resource":"rollouts/scale","responseKind":{"kind":"Scale"},"scope":"Namespaced","singularResource":""}]},
  {"version":"v1beta0","resources":[
   {"resource":"rollouts","responseKind":{"kind":"OldRollout"},"scope":"Namespaced","singularResource":"rollout"},
   {"resource":"older","responseKind":{"kind":"Older"},"scope":"Cluster","singularResource":"old"}]}]},
 {"metadata":{"name":"empty.io"},"versions":[{"version":"v1","freshness":"Stale"}]}]}`

const classicGroups = `{"kind":"APIGroupList","apiVersion":"v1","groups":[
 {"name":"argoproj.io","versions":[{"groupVersion":"argoproj.io/v1alpha1","version":"v1alpha1"},{"groupVersion":"argoproj.io/v1beta0","version":"v1beta0"}],
  "preferredVersion":{"groupVersion":"argoproj.io/v1alpha1","version":"v1alpha1"}},
 {"name":"down.io","preferredVersion":{"groupVersion":"down.io/v1","version":"v1"}}]}`

const classicResources = `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"argoproj.io/v1alpha1","resources":[
 {"name":"rollouts","singularName":"rollout","namespaced":true,"kind":"Rollout","verbs":["get"],"shortNames":["ro"]},
 {"name":"rollouts/scale","singularName":"","namespaced":true,"kind":"Scale"},
 {"name":"clusterrollouts","singularName":"","namespaced":false,"kind":"ClusterRollout"}]}`

// discoveryServer answers as the API does; asked counts the requests by path.
func discoveryServer(t *testing.T, answers map[string]string) (cluster *Cluster, asked map[string]int) {
	t.Helper()
	asked = map[string]int{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path]++
		answer, ok := answers[r.URL.Path]
		if !ok {
			http.Error(w, "the service is down", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(srv.Close)
	cluster, err := NewCluster("blue", "shop", &rest.Config{Host: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	return cluster, asked
}

func TestDiscovery(t *testing.T) {
	for _, test := range []struct {
		name    string
		answers map[string]string
		want    []Kind
	}{
		{"aggregated", map[string]string{"/apis": aggregated}, []Kind{
			rollout(), {"argoproj.io", "v1beta0", "Older", "older", "old", nil, false}}},
		{"classic, one group down", map[string]string{"/apis": classicGroups, "/apis/argoproj.io/v1alpha1": classicResources}, []Kind{
			rollout(), {"argoproj.io", "v1alpha1", "ClusterRollout", "clusterrollouts", "", nil, false}}},
		{"nothing", map[string]string{"/apis": `{"items":[]}`}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := discoveryServer(t, test.answers)
			got, err := c.kinds.discover(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestDiscoveryFails(t *testing.T) {
	for name, answers := range map[string]map[string]string{"down": nil, "no JSON": {"/apis": "<html>"}} {
		c, _ := discoveryServer(t, answers)
		if got, err := c.kinds.discover(t.Context()); err == nil {
			t.Errorf("%s: %v and no error", name, got)
		}
	}
}

func TestKind(t *testing.T) {
	c, asked := discoveryServer(t, map[string]string{"/apis": aggregated})
	if k, err := c.Kind(t.Context(), "deploy"); err != nil || k.Kind != "Deployment" {
		t.Errorf("deploy is %v, %v", k, err)
	}
	if len(asked) > 0 {
		t.Errorf("a built-in kind took requests: %v", asked)
	}
	for _, word := range []string{"ro", "Rollout", "rollouts.argoproj.io"} {
		if k, err := c.Kind(t.Context(), word); err != nil || !reflect.DeepEqual(k, rollout()) {
			t.Errorf("%s is %+v, %v", word, k, err)
		}
	}
	_, err := c.Kind(t.Context(), "rolluot")
	for _, hint := range []string{`doesn't have a resource type "rolluot"`, `did you mean "rollout"?`, "deploy"} {
		if err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("error = %v, want one that says %q", err, hint)
		}
	}
	if asked["/apis"] != 1 {
		t.Errorf("discovery was read %d times, want once", asked["/apis"])
	}
	if k, ok := c.kindOf(t.Context(), "argoproj.io", "Rollout"); !ok || !reflect.DeepEqual(k, rollout()) {
		t.Errorf("the owner's kind is %+v, %v", k, ok)
	}
	if k, ok := c.kindOf(t.Context(), "other.io", "Rollout"); ok {
		t.Errorf("a Rollout of another group is %+v", k)
	}
}

func TestLiesBelow(t *testing.T) {
	kind := func(group, name string) Kind { return Kind{Group: group, Kind: name} }
	for _, test := range []struct {
		owner string
		kind  Kind
		want  bool
	}{
		{"ReplicaSet", kind("apps", "Deployment"), true},
		{"StatefulSet", kind("apps", "Deployment"), false},
		{"Job", kind("apps", "Deployment"), false},
		{"Job", kind("batch", "CronJob"), true},
		{"ReplicaSet", kind("batch", "CronJob"), false},
		{"Job", kind("batch", "Job"), false},
		{"ReplicaSet", kind("apps", "ReplicaSet"), false},
		{"ReplicaSet", kind("apps", "StatefulSet"), false},
		{"ReplicationController", kind("", "ReplicationController"), false},
		{"ReplicaSet", kind("argoproj.io", "Rollout"), true},
		{"Deployment", kind("example.com", "Deployment"), true}, // no built-in kind, whatever its name
		{"StatefulSet", kind("example.com", "Database"), true},
		{"Node", kind("example.com", "Database"), false}, // a mirror pod
	} {
		if got := liesBelow(metav1.OwnerReference{Kind: test.owner}, test.kind); got != test.want {
			t.Errorf("liesBelow(%s, %s.%s) = %v, want %v", test.owner, test.kind.Kind, test.kind.Group, got, test.want)
		}
	}
}

func TestRevisionOf(t *testing.T) {
	for _, test := range []struct {
		name, set, owner string
		labels           map[string]string
		want             bool
	}{
		{"its set", "web-5d4f", "web", map[string]string{"pod-template-hash": "5d4f"}, true},
		{"a Rollout's set", "web-5d4f", "web", map[string]string{"rollouts-pod-template-hash": "5d4f"}, true},
		{"another hash", "web-5d4f", "web", map[string]string{"pod-template-hash": "77"}, false},
		{"another owner that begins alike", "web-api-5d4f", "web", map[string]string{"pod-template-hash": "5d4f"}, false},
		{"an owner whose name has a hyphen", "web-api-5d4f", "web-api", map[string]string{"pod-template-hash": "5d4f"}, true},
		{"no label", "web-5d4f", "web", nil, false},
		{"an empty hash", "web-", "web", map[string]string{"pod-template-hash": ""}, false},
	} {
		if got := revisionOf(&Pod{Labels: test.labels}, metav1.OwnerReference{Name: test.set}, test.owner); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestGroupOf(t *testing.T) {
	for apiVersion, want := range map[string]string{"v1": "", "apps/v1": "apps", "argoproj.io/v1alpha1": "argoproj.io", "a/b/c": "a/b/c"} {
		if got := groupOf(apiVersion); got != want {
			t.Errorf("groupOf(%q) = %q, want %q", apiVersion, got, want)
		}
	}
}
