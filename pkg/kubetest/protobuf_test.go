package kubetest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// protobufClient is a typed client that asks for protobuf first.
func protobufClient(t *testing.T, s *Server) kubernetes.Interface {
	t.Helper()
	config := s.RESTConfig()
	config.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	config.ContentType = runtime.ContentTypeProtobuf
	c, err := kubernetes.NewForConfig(config)
	s.Must(err)
	return c
}

// get asks for a path and returns the answer's Content-Type and body.
func get(t *testing.T, s *Server, path, accept string) (contentType string, body []byte) {
	t.Helper()
	transport, err := rest.TransportFor(s.RESTConfig())
	s.Must(err)
	r, err := http.NewRequestWithContext(within(t), http.MethodGet, s.URL()+path, nil)
	s.Must(err)
	r.Header.Set("Accept", accept)
	answer, err := transport.RoundTrip(r)
	s.Must(err)
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	s.Must(err)
	return answer.Header.Get("Content-Type"), body
}

// TestProtobufSaysTheSame: what a client reads does not depend on the form.
func TestProtobufSaysTheSame(t *testing.T) {
	t.Parallel()
	s := Start(t)
	for i := range 5 {
		s.Must(s.Create(Pod("shop", fmt.Sprintf("p-%d", i), WithLabels("app", "web"))))
	}
	s.Must(s.Create(Node("n1"), &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "b"}}))
	plain, proto := client(t, s), protobufClient(t, s)
	read := func(c kubernetes.Interface) (pages []*corev1.PodList, one *corev1.Pod, nodes *corev1.NodeList, budgets *policyv1.PodDisruptionBudgetList) {
		opts := metav1.ListOptions{Limit: 2, LabelSelector: "app"}
		for {
			page, err := c.CoreV1().Pods("shop").List(within(t), opts)
			s.Must(err)
			pages = append(pages, page)
			if opts.Continue = page.Continue; opts.Continue == "" {
				break
			}
		}
		var err error
		one, err = c.CoreV1().Pods("shop").Get(within(t), "p-3", metav1.GetOptions{})
		s.Must(err)
		nodes, err = c.CoreV1().Nodes().List(within(t), metav1.ListOptions{Limit: 1})
		s.Must(err)
		budgets, err = c.PolicyV1().PodDisruptionBudgets("").List(within(t), metav1.ListOptions{})
		s.Must(err)
		return pages, one, nodes, budgets
	}
	pages, one, nodes, budgets := read(plain)
	pages2, one2, nodes2, budgets2 := read(proto)
	if len(pages) != 3 || len(pages[0].Items) != 2 || one.Name != "p-3" || len(nodes.Items) != 1 || len(budgets.Items) != 1 {
		t.Fatalf("JSON: %v %v %v %v", pages, one, nodes, budgets)
	}
	// Go's types do not keep whether a list was said to be empty or not said.
	same := func(a, b any) bool {
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		return string(x) == string(y)
	}
	if !same(pages, pages2) || !same(nodes, nodes2) || !same(budgets, budgets2) || !same(one, one2) {
		t.Errorf("protobuf says\n%v\n%v\n%v\n%v\nJSON says\n%v\n%v\n%v\n%v", pages2, one2, nodes2, budgets2, pages, one, nodes, budgets)
	}
}

func TestProtobufIsChosenByAccept(t *testing.T) {
	t.Parallel()
	const (
		proto = runtime.ContentTypeProtobuf
		plain = runtime.ContentTypeJSON
	)
	s := Start(t)
	s.AddResource(Resource{Group: "example.org", Version: "v1", Kind: "Thing", Plural: "things", Namespaced: true})
	s.Must(s.Create(Pod("shop", "web-0"), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "example.org/v1", "kind": "Thing", "metadata": map[string]any{"namespace": "shop", "name": "t"}}}))
	for _, tc := range []struct{ path, accept, want string }{
		{"/api/v1/pods", proto + "," + plain, proto},
		{"/api/v1/pods", plain + "," + proto, plain},
		{"/api/v1/pods", plain, plain},
		{"/api/v1/namespaces/shop/pods/web-0", proto, proto},
		{"/apis/policy/v1/poddisruptionbudgets", proto, proto},
		{"/apis/example.org/v1/things", proto + "," + plain, plain},
		{"/apis/example.org/v1/namespaces/shop/things/t", proto + "," + plain, plain},
		{"/api/v1/pods", proto + ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1," + plain + ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", plain},
		{"/api/v1/namespaces/shop/pods/nope", proto + "," + plain, plain},
	} {
		got, body := get(t, s, tc.path, tc.accept)
		if got != tc.want || strings.HasPrefix(string(body), "k8s\x00") != (tc.want == proto) {
			t.Errorf("%s with %s: %s: %.80q", tc.path, tc.accept, got, body)
		}
	}
}

// TestProtobufOfNewVersions: bytes are kept by version of an object, not by object.
func TestProtobufOfNewVersions(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.Must(s.Create(Pod("shop", "web-0")))
	pods := protobufClient(t, s).CoreV1().Pods("shop")
	_, err := pods.Get(within(t), "web-0", metav1.GetOptions{})
	s.Must(err)
	s.Must(s.EditPod("shop", "web-0", func(p *corev1.Pod) { p.Labels = map[string]string{"new": "yes"} }))
	pod, err := pods.Get(within(t), "web-0", metav1.GetOptions{})
	s.Must(err)
	if pod.Labels["new"] != "yes" || pod.ResourceVersion != s.ResourceVersion() {
		t.Errorf("labels %v at version %s of %s", pod.Labels, pod.ResourceVersion, s.ResourceVersion())
	}
	pod.Labels["written"] = "as protobuf"
	updated, err := pods.Update(within(t), pod, metav1.UpdateOptions{})
	if err != nil || updated.Labels["written"] == "" {
		t.Errorf("the answer to a write: %v, %v", updated, err)
	}
}

func TestProtobufOfWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.Must(s.Create(&unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"namespace": "shop", "name": "odd"}, "spec": "none"}}))
	_, err := protobufClient(t, s).CoreV1().Pods("shop").List(within(t), metav1.ListOptions{})
	if err == nil || !strings.Contains(err.Error(), "Pod shop/odd as protobuf") {
		t.Errorf("a Pod whose spec is a word: %v", err)
	}
}
