package kubetest

import (
	"encoding/json"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
)

func TestDiscovery(t *testing.T) {
	s := Start(t)
	s.AddResource(Resource{Group: "example.com", Version: "v1", Kind: "Widget", Plural: "widgets", Short: []string{"wd"}})
	d, err := discovery.NewDiscoveryClientForConfig(s.RESTConfig())
	s.Must(err)
	for _, legacy := range []bool{false, true} {
		d.UseLegacyDiscovery = legacy
		_, lists, err := d.ServerGroupsAndResources()
		s.Must(err)
		found := map[string]metav1.APIResource{}
		for _, l := range lists {
			for _, r := range l.APIResources {
				found[l.GroupVersion+" "+r.Name] = r
			}
		}
		if r := found["v1 pods"]; r.Kind != "Pod" || !r.Namespaced || r.ShortNames[0] != "po" {
			t.Errorf("legacy %v: pods are %+v", legacy, r)
		}
		if r := found["v1 pods/eviction"]; r.Kind != "Eviction" || r.Group != "policy" {
			t.Errorf("legacy %v: evictions are %+v", legacy, r)
		}
		if r := found["example.com/v1 widgets"]; r.Kind != "Widget" || r.Namespaced || r.SingularName != "widget" {
			t.Errorf("legacy %v: widgets are %+v", legacy, r)
		}
	}
	v, err := d.ServerVersion()
	if err != nil || v.GitVersion != "v1.36.1" || v.Minor != "36" {
		t.Errorf("version %+v, %v", v, err)
	}
}

func TestTables(t *testing.T) {
	s, c := web0(t)
	c.Restart(1)
	table := func(path string) metav1.Table {
		raw, err := client(t, s).CoreV1().RESTClient().Get().AbsPath(path).SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json").Do(within(t)).Raw()
		s.Must(err)
		var out metav1.Table
		s.Must(json.Unmarshal(raw, &out))
		return out
	}
	pods := table("/api/v1/pods")
	if cells := pods.Rows[0].Cells; pods.Kind != "Table" || cells[0] != "web-0" || cells[1] != "1/1" || cells[2] != "Running" || !strings.HasPrefix(cells[3].(string), "1 (") || cells[6] != "node-1" {
		t.Errorf("pods: %+v", cells)
	}
	s.Must(s.Create(Node("n1", func(n *corev1.Node) { n.Spec.Unschedulable = true })))
	if cells := table("/api/v1/nodes").Rows[0].Cells; cells[1] != "Ready,SchedulingDisabled" || cells[4] != "v1.36.1" {
		t.Errorf("nodes: %+v", cells)
	}
	s.Deployment("shop", "web", 2)
	if cells := table("/apis/apps/v1/deployments").Rows[0].Cells; cells[1] != "2/2" {
		t.Errorf("deployments: %+v", cells)
	}
	if cells := table("/api/v1/namespaces/default").Rows[0].Cells; cells[1] != "Active" {
		t.Errorf("namespace: %+v", cells)
	}
}

func TestCanI(t *testing.T) {
	s := Start(t)
	s.Forbid("create", "pods/eviction")
	for sub, want := range map[string]bool{"eviction": false, "log": true} {
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "create", Resource: "pods", Subresource: sub, Namespace: "shop"}}}
		got, err := client(t, s).AuthorizationV1().SelfSubjectAccessReviews().Create(within(t), review, metav1.CreateOptions{})
		if err != nil || got.Status.Allowed != want {
			t.Errorf("%s: %+v, %v", sub, got, err)
		}
	}
}
