package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// thing is the part of a custom resource that a program might need.
type thing struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        metav1.ObjectMeta `json:"metadata"`
	Spec            struct {
		Size int `json:"size"`
	} `json:"spec"`
}

var thingsResource = schema.GroupVersionResource{Group: "example.org", Version: "v1", Resource: "things"}

// thingCluster serves things; there are so many of them in the namespace shop.
func thingCluster(t *testing.T, n int) (*kubetest.Server, *Cluster) {
	t.Helper()
	srv, c := testCluster(t)
	srv.AddResource(kubetest.Resource{Group: "example.org", Version: "v1", Kind: "Thing", Plural: "things", Namespaced: true})
	for i := range n {
		srv.Must(srv.Create(&unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "example.org/v1", "kind": "Thing",
			"metadata": map[string]any{"namespace": "shop", "name": fmt.Sprintf("t-%d", i), "labels": map[string]any{"odd": fmt.Sprint(i % 2)}},
			"spec":     map[string]any{"size": i}}}))
	}
	return srv, c
}

func TestObjectsEach(t *testing.T) {
	t.Parallel()
	srv, c := thingCluster(t, 7)
	for _, tc := range []struct {
		namespace string
		opts      metav1.ListOptions
		want      []string
		requests  int
	}{
		{"", metav1.ListOptions{}, []string{"t-0 0", "t-1 1", "t-2 2", "t-3 3", "t-4 4", "t-5 5", "t-6 6"}, 1},
		{"shop", metav1.ListOptions{Limit: 3}, []string{"t-0 0", "t-1 1", "t-2 2", "t-3 3", "t-4 4", "t-5 5", "t-6 6"}, 3},
		{"shop", metav1.ListOptions{LabelSelector: "odd=1"}, []string{"t-1 1", "t-3 3", "t-5 5"}, 1},
		{"other", metav1.ListOptions{}, nil, 1},
	} {
		srv.ForgetRequests()
		var got []string
		err := ObjectsOf[thing](c, thingsResource, tc.namespace).Each(t.Context(), tc.opts, func(o *thing) error {
			got = append(got, fmt.Sprint(o.Metadata.Name, " ", o.Spec.Size))
			return nil
		})
		if err != nil || !slices.Equal(got, tc.want) || len(srv.Requests()) != tc.requests {
			t.Errorf("%q %+v: %q in %d requests, %v", tc.namespace, tc.opts, got, len(srv.Requests()), err)
		}
	}
}

func TestObjectsEachEnds(t *testing.T) {
	t.Parallel()
	srv, c := thingCluster(t, 4)
	enough := errors.New("enough")
	seen := 0
	err := ObjectsOf[thing](c, thingsResource, "").Each(t.Context(), metav1.ListOptions{Limit: 2}, func(*thing) error {
		seen++
		return enough
	})
	if !errors.Is(err, enough) || seen != 1 || srv.CountRequests(func(r kubetest.RequestRecord) bool { return strings.HasSuffix(r.Path, "things") }) != 1 {
		t.Errorf("%d objects, %v", seen, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ObjectsOf[thing](c, thingsResource, "").Each(ctx, metav1.ListOptions{}, func(*thing) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := ObjectsOf[struct{ Spec []int }](c, thingsResource, "").Each(t.Context(), metav1.ListOptions{}, func(*struct{ Spec []int }) error { return nil }); err == nil || !strings.Contains(err.Error(), "things.example.org") {
		t.Errorf("a type that does not fit: %v", err)
	}
}

// TestObjectsErrors: errors are the API's, with its words.
func TestObjectsErrors(t *testing.T) {
	t.Parallel()
	srv, c := thingCluster(t, 1)
	things := ObjectsOf[thing](c, thingsResource, "shop")
	each := func(o Objects[thing]) error {
		return o.Each(t.Context(), metav1.ListOptions{}, func(*thing) error { return nil })
	}
	gone := thingsResource
	gone.Version = "v9"
	if err := each(ObjectsOf[thing](c, gone, "")); !apierrors.IsNotFound(err) {
		t.Errorf("a version that is not served: %v", err)
	}
	_, err := things.Get(t.Context(), "nope")
	if !apierrors.IsNotFound(err) || !strings.Contains(err.Error(), `things.example.org "nope" not found`) {
		t.Errorf("no such object: %v", err)
	}
	srv.Forbid("*", "things.example.org")
	_, getErr := things.Get(t.Context(), "t-0")
	_, createErr := things.Create(t.Context(), &thing{})
	_, updateErr := things.Update(t.Context(), "t-0", &thing{})
	for verb, err := range map[string]error{"list": each(things), "get": getErr, "create": createErr, "update": updateErr,
		"delete": things.Delete(t.Context(), "t-0", metav1.DeleteOptions{})} {
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), fmt.Sprintf(`User "kubetest" cannot %s resource "things"`, verb)) {
			t.Errorf("%s: %v", verb, err)
		}
	}
}

func TestObjectsWrite(t *testing.T) {
	t.Parallel()
	srv, c := thingCluster(t, 0)
	things := ObjectsOf[thing](c, thingsResource, "shop")
	made := &thing{TypeMeta: metav1.TypeMeta{APIVersion: "example.org/v1", Kind: "Thing"}, Metadata: metav1.ObjectMeta{Name: "a"}}
	made.Spec.Size = 1
	first, err := things.Create(t.Context(), made)
	if err != nil || first.Metadata.UID == "" || first.Spec.Size != 1 {
		t.Fatalf("created %+v, %v", first, err)
	}
	if _, err := things.Create(t.Context(), made); !apierrors.IsAlreadyExists(err) {
		t.Errorf("created twice: %v", err)
	}
	change := *first
	change.Spec.Size = 2
	second, err := things.Update(t.Context(), "a", &change)
	if err != nil || second.Spec.Size != 2 || second.Metadata.ResourceVersion == first.Metadata.ResourceVersion {
		t.Errorf("updated %+v, %v", second, err)
	}
	if _, err := things.Update(t.Context(), "a", &change); !apierrors.IsConflict(err) {
		t.Errorf("updated from an old state: %v", err)
	}
	got, err := things.Get(t.Context(), "a")
	if err != nil || got.Spec.Size != 2 || got.Metadata.UID != first.Metadata.UID {
		t.Errorf("read %+v, %v", got, err)
	}
	wrong := metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions("another")}
	if err := things.Delete(t.Context(), "a", wrong); !apierrors.IsConflict(err) {
		t.Errorf("deleted under another UID: %v", err)
	}
	right := metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(first.Metadata.UID))}
	if err := things.Delete(t.Context(), "a", right); err != nil {
		t.Error(err)
	}
	if left, err := srv.List(thingsResource, ""); len(left) != 0 || err != nil {
		t.Errorf("%d are left, %v", len(left), err)
	}
}

func TestEvict(t *testing.T) {
	t.Parallel()
	srv, c := testCluster(t)
	srv.Must(srv.EditPod("shop", "web-0", func(p *corev1.Pod) { p.Labels = map[string]string{"app": "web"} }))
	pod, err := srv.GetPod("shop", "web-0")
	srv.Must(err)
	budget := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "tight"},
		Spec:   policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: pod.Labels}},
		Status: policyv1.PodDisruptionBudgetStatus{CurrentHealthy: 1, DesiredHealthy: 1}}
	srv.Must(srv.Create(budget))
	err = c.Evict(t.Context(), "shop", "web-0", metav1.DeleteOptions{})
	if cause, ok := apierrors.StatusCause(err, policyv1.DisruptionBudgetCause); !apierrors.IsTooManyRequests(err) || !ok || !strings.Contains(cause.Message, "tight needs 1 healthy pods") {
		t.Errorf("against the budget: %v, cause %+v", err, cause)
	}
	srv.Fault(kubetest.Fault{Status: 429, RetryAfter: time.Second, Times: 1})
	srv.ForgetRequests()
	if err := c.Evict(t.Context(), "shop", "web-0", metav1.DeleteOptions{}); !apierrors.IsTooManyRequests(err) || len(srv.Requests()) != 1 {
		t.Errorf("%v after %d requests: whether to try again is not for Evict to say", err, len(srv.Requests()))
	}
	budget.Status.DisruptionsAllowed = 1
	srv.Must(srv.Update(budget))
	other := metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions("another")}
	if err := c.Evict(t.Context(), "shop", "web-0", other); !apierrors.IsConflict(err) {
		t.Errorf("under another UID: %v", err)
	}
	budget.Status.DisruptionsAllowed = 1
	srv.Must(srv.Update(budget))
	dry := metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}
	if err := c.Evict(t.Context(), "shop", "web-0", dry); err != nil {
		t.Errorf("a dry run: %v", err)
	}
	if _, err := srv.GetPod("shop", "web-0"); err != nil {
		t.Errorf("after a dry run: %v", err)
	}
	if err := c.Evict(t.Context(), "shop", "web-0", metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(pod.UID))}); err != nil {
		t.Errorf("with leave: %v", err)
	}
	if err := c.Evict(t.Context(), "shop", "web-0", metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a pod that is gone: %v", err)
	}
	srv.Forbid("create", "pods/eviction")
	if err := c.Evict(t.Context(), "shop", "web-0", metav1.DeleteOptions{}); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "pods/eviction") {
		t.Errorf("without the right: %v", err)
	}
}

func TestPatch(t *testing.T) {
	t.Parallel()
	srv, c := testCluster(t)
	srv.Must(srv.Create(kubetest.Node("n1", func(n *corev1.Node) { n.Annotations = map[string]string{"keep": "1", "drop": "2"} })))
	change := []byte(`{"metadata":{"annotations":{"drop":null,"new":"3"}},"spec":{"unschedulable":true}}`)
	dry, err := c.Nodes().Patch(t.Context(), "n1", types.MergePatchType, change, metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}})
	stored := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1"}}
	srv.Must(srv.Load(stored))
	if err != nil || !dry.Spec.Unschedulable || stored.Spec.Unschedulable {
		t.Errorf("a dry run: %+v, %v; stored %+v", dry.Spec, err, stored.Spec)
	}
	node, err := c.Nodes().Patch(t.Context(), "n1", types.MergePatchType, change, metav1.PatchOptions{FieldManager: "me"})
	if err != nil || !node.Spec.Unschedulable || fmt.Sprint(node.Annotations) != "map[keep:1 new:3]" {
		t.Errorf("%v %+v, %v", node.Annotations, node.Spec, err)
	}
	last := srv.Requests()[len(srv.Requests())-1]
	if last.Method != "PATCH" || last.Header.Get("Content-Type") != string(types.MergePatchType) || last.Query.Get("fieldManager") != "me" {
		t.Errorf("asked for %+v", last)
	}
	stale := fmt.Appendf(nil, `{"metadata":{"resourceVersion":%q},"spec":{"unschedulable":false}}`, stored.ResourceVersion)
	if _, err := c.Nodes().Patch(t.Context(), "n1", types.MergePatchType, stale, metav1.PatchOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("from an old state: %v", err)
	}
	if _, err := c.Nodes().Patch(t.Context(), "n2", types.MergePatchType, change, metav1.PatchOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("no such node: %v", err)
	}
	if _, err := c.Pods("shop").Patch(t.Context(), "web-0", types.StrategicMergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`), metav1.PatchOptions{}); err != nil {
		t.Errorf("in a namespace: %v", err)
	}
	if pod, err := srv.GetPod("shop", "web-0"); err != nil || pod.Labels["a"] != "b" {
		t.Errorf("in a namespace: %v, %v", pod.Labels, err)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	srv, c := testCluster(t)
	node := kubetest.Node("n1")
	srv.Must(srv.Create(node))
	if err := c.Nodes().Delete(t.Context(), "n1", metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions("another")}); !apierrors.IsConflict(err) {
		t.Errorf("under another UID: %v", err)
	}
	if err := c.Nodes().Delete(t.Context(), "n1", metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(node.UID))}); err != nil {
		t.Error(err)
	}
	if err := c.Nodes().Delete(t.Context(), "n1", metav1.DeleteOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a node that is gone: %v", err)
	}
	if err := c.Pods("shop").Delete(t.Context(), "web-0", metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}); err != nil {
		t.Error(err)
	}
	if _, err := srv.GetPod("shop", "web-0"); !apierrors.IsNotFound(err) {
		t.Errorf("the pod is still there: %v", err)
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	srv, c := thingCluster(t, 0)
	srv.AddResource(kubetest.Resource{Group: "example.org", Version: "v1beta1", Kind: "Old", Plural: "olds", Namespaced: true})
	groups, err := c.Groups(t.Context())
	if err != nil || !slices.Equal(groups["example.org"], []string{"v1", "v1beta1"}) || groups["apps"] == nil {
		t.Errorf("%v, %v", groups, err)
	}
	srv.Fault(kubetest.Fault{Match: kubetest.Request("GET", "/apis"), Status: 503})
	if _, err := c.Groups(t.Context()); !apierrors.IsServiceUnavailable(err) {
		t.Errorf("%v", err)
	}
}
