package kubetest

import (
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
)

func configMap(name string, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}, Data: data}
}

func TestCreateReadUpdateDelete(t *testing.T) {
	s := Start(t)
	maps, ctx := client(t, s).CoreV1().ConfigMaps("default"), within(t)
	made, err := maps.Create(ctx, configMap("c", map[string]string{"a": "1"}), metav1.CreateOptions{})
	if err != nil || made.UID == "" || made.ResourceVersion == "" || made.CreationTimestamp.IsZero() {
		t.Fatalf("created %+v, %v", made, err)
	}
	if _, err := maps.Create(ctx, configMap("c", nil), metav1.CreateOptions{}); !apierrors.IsAlreadyExists(err) {
		t.Errorf("a second time: %v", err)
	}
	stale := made.DeepCopy()
	made.Data["a"] = "2"
	if made, err = maps.Update(ctx, made, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	same, err := maps.Update(ctx, made, metav1.UpdateOptions{})
	if err != nil || same.ResourceVersion != made.ResourceVersion {
		t.Errorf("a write of nothing new: version %s -> %s, %v", made.ResourceVersion, same.ResourceVersion, err)
	}
	_, err = maps.Update(ctx, stale, metav1.UpdateOptions{})
	want := `Operation cannot be fulfilled on configmaps "c": the object has been modified; please apply your changes to the latest version and try again`
	if !apierrors.IsConflict(err) || err.Error() != want {
		t.Errorf("stale: %v", err)
	}
	other := metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions("another")}
	if err := maps.Delete(ctx, "c", other); !apierrors.IsConflict(err) || !strings.Contains(err.Error(), "the UID in the precondition (another)") {
		t.Errorf("another's uid: %v", err)
	}
	if err := maps.Delete(ctx, "c", metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
		t.Error(err)
	}
	if err := maps.Delete(ctx, "c", metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
	_, err = maps.Get(ctx, "c", metav1.GetOptions{})
	if want := `configmaps "c" not found`; !apierrors.IsNotFound(err) || err.Error() != want {
		t.Errorf("gone: %v", err)
	}
}

func TestPatches(t *testing.T) {
	s := Start(t)
	s.Must(s.Create(Pod("default", "p", WithContainers("app", "side"))))
	pods, ctx := client(t, s).CoreV1().Pods("default"), within(t)
	for _, tc := range []struct {
		kind  types.PatchType
		patch string
		image func(p *corev1.Pod) string
	}{
		{types.StrategicMergePatchType, `{"spec":{"containers":[{"name":"side","image":"new"}]}}`, func(p *corev1.Pod) string { return p.Spec.Containers[1].Image }},
		{types.JSONPatchType, `[{"op":"replace","path":"/spec/containers/0/image","value":"new"}]`, func(p *corev1.Pod) string { return p.Spec.Containers[0].Image }},
		{types.MergePatchType, `{"metadata":{"labels":{"x":"new"}}}`, func(p *corev1.Pod) string { return p.Labels["x"] }},
	} {
		got, err := pods.Patch(ctx, "p", tc.kind, []byte(tc.patch), metav1.PatchOptions{})
		if err != nil || tc.image(got) != "new" || len(got.Spec.Containers) != 2 {
			t.Errorf("%s: %+v, %v", tc.kind, got, err)
		}
	}
	status := []byte(`{"status":{"phase":"Failed"},"metadata":{"labels":{"y":"no"}}}`)
	got, err := pods.Patch(ctx, "p", types.MergePatchType, status, metav1.PatchOptions{}, "status")
	if err != nil || got.Status.Phase != corev1.PodFailed || got.Labels["y"] != "" {
		t.Errorf("status: %+v, %v", got, err)
	}
	got, err = pods.Patch(ctx, "p", types.MergePatchType, []byte(`{"status":{"phase":"Running"}}`), metav1.PatchOptions{})
	if err != nil || got.Status.Phase != corev1.PodFailed {
		t.Errorf("status by the main endpoint: %+v, %v", got.Status.Phase, err)
	}
	if _, err := pods.Patch(ctx, "p", types.MergePatchType, []byte(`{"spec":{"nodeName":5}}`), metav1.PatchOptions{}); !apierrors.IsBadRequest(err) {
		t.Errorf("a wrong type: %v", err)
	}
}

func TestServerSideApplyCreates(t *testing.T) {
	s := Start(t)
	c, err := dynamic.NewForConfig(s.RESTConfig())
	s.Must(err)
	maps := c.Resource(coreGVR("configmaps")).Namespace("default")
	obj := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "c"}, "data": map[string]any{"a": "1"}}}
	for _, opts := range []metav1.ApplyOptions{{FieldManager: "test", DryRun: []string{"All"}}, {FieldManager: "test"}} {
		if _, err := maps.Apply(within(t), "c", obj, opts); err != nil {
			t.Fatal(err)
		}
		_, err := maps.Get(within(t), "c", metav1.GetOptions{})
		if dry := opts.DryRun != nil; apierrors.IsNotFound(err) != dry {
			t.Errorf("dry %v: %v", dry, err)
		}
	}
}

func TestDeletionWaitsForFinalizers(t *testing.T) {
	s := Start(t)
	cm := configMap("c", nil)
	cm.Finalizers = []string{"example.com/hold"}
	s.Must(s.Create(cm))
	maps := client(t, s).CoreV1().ConfigMaps("default")
	s.Must(maps.Delete(within(t), "c", metav1.DeleteOptions{}))
	held, err := maps.Get(within(t), "c", metav1.GetOptions{})
	if err != nil || held.DeletionTimestamp == nil {
		t.Fatalf("held: %+v, %v", held, err)
	}
	held.Finalizers = nil
	if _, err := maps.Update(within(t), held, metav1.UpdateOptions{}); err != nil {
		t.Error(err)
	}
	if _, err := maps.Get(within(t), "c", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("afterwards: %v", err)
	}
}

func TestPodDeletionIsGraceful(t *testing.T) {
	s := Start(t)
	s.Must(s.Create(Pod("shop", "p")))
	w, err := client(t, s).CoreV1().Pods("shop").Watch(within(t), metav1.ListOptions{ResourceVersion: s.ResourceVersion()})
	s.Must(err)
	defer w.Stop()
	s.Must(client(t, s).CoreV1().Pods("shop").Delete(within(t), "p", metav1.DeleteOptions{}))
	e := nextEvent(t, w)
	if p := e.Object.(*corev1.Pod); e.Type != watch.Modified || p.DeletionTimestamp == nil || *p.DeletionGracePeriodSeconds != 30 {
		t.Errorf("first %s %+v", e.Type, p.ObjectMeta)
	}
	wantEvent(t, w, watch.Deleted, "p")
}

func TestOwnedObjectsGoWithTheirOwner(t *testing.T) {
	s := Start(t)
	d := s.Deployment("shop", "web", 2)
	s.Must(client(t, s).AppsV1().Deployments("shop").Delete(within(t), "web", metav1.DeleteOptions{}))
	for _, gvr := range []schema.GroupVersionResource{coreGVR("pods"), {Group: "apps", Version: "v1", Resource: "replicasets"}} {
		if left, err := s.List(gvr, "shop"); err != nil || len(left) > 0 {
			t.Errorf("%d %s are left of %s, %v", len(left), gvr.Resource, d.Name, err)
		}
	}
}

func TestCustomResources(t *testing.T) {
	s := Start(t)
	gvr := schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "widgets"}
	c, err := dynamic.NewForConfig(s.RESTConfig())
	s.Must(err)
	if _, err := c.Resource(gvr).Namespace("default").List(within(t), metav1.ListOptions{}); !apierrors.IsNotFound(err) ||
		err.Error() != "the server could not find the requested resource" {
		t.Errorf("before: %v", err)
	}
	s.AddResource(Resource{Group: "example.com", Version: "v1", Kind: "Widget", Plural: "widgets", Namespaced: true, Status: true})
	w := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "example.com/v1", "kind": "Widget",
		"metadata": map[string]any{"name": "w"}, "spec": map[string]any{"size": int64(3)}, "status": map[string]any{"ok": true}}}
	s.Must(s.Create(w))
	list, err := c.Resource(gvr).Namespace("default").List(within(t), metav1.ListOptions{})
	if err != nil || len(list.Items) != 1 || list.Items[0].GetKind() != "Widget" || list.Items[0].Object["status"] == nil {
		t.Errorf("list: %+v, %v", list, err)
	}
	m, err := metadata.NewForConfig(s.RESTConfig())
	s.Must(err)
	metas, err := m.Resource(gvr).List(within(t), metav1.ListOptions{})
	if err != nil || len(metas.Items) != 1 || metas.Items[0].Name != "w" {
		t.Errorf("metadata: %+v, %v", metas, err)
	}
}

func TestProtobufBodies(t *testing.T) {
	s := Start(t)
	config := s.RESTConfig()
	config.ContentType, config.AcceptContentTypes = "application/vnd.kubernetes.protobuf", "application/vnd.kubernetes.protobuf,application/json"
	c, err := kubernetes.NewForConfig(config)
	s.Must(err)
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: appsv1.DeploymentSpec{Replicas: new(int32(3))}}
	if _, err := c.AppsV1().Deployments("default").Create(within(t), d, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}, "default", "web")
	if err != nil || number(got.Object, "spec", "replicas") != 3 {
		t.Errorf("stored %+v, %v", got, err)
	}
}

func TestNamespacesMustExist(t *testing.T) {
	s := Start(t)
	_, err := client(t, s).CoreV1().Pods("nowhere").Create(within(t), Pod("nowhere", "p"), metav1.CreateOptions{})
	if want := `namespaces "nowhere" not found`; !apierrors.IsNotFound(err) || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestTerminationTakesItsTime(t *testing.T) {
	s := Start(t, WithTermination(30*time.Millisecond))
	s.Must(s.Create(Pod("shop", "p"), Pod("shop", "q")))
	pods := client(t, s).CoreV1().Pods("shop")
	asked := time.Now()
	s.Must(pods.Delete(within(t), "p", metav1.DeleteOptions{}))
	eventually(t, "the pod is gone", func() bool { _, err := s.GetPod("shop", "p"); return isNotFound(err) })
	if took := time.Since(asked); took < 30*time.Millisecond {
		t.Errorf("it was gone after %s", took)
	}
	now := int64(0)
	s.Must(pods.Delete(within(t), "q", metav1.DeleteOptions{GracePeriodSeconds: &now}))
	if _, err := s.GetPod("shop", "q"); !isNotFound(err) {
		t.Errorf("without grace: %v", err)
	}
}

func TestDeletingANamespaceEmptiesIt(t *testing.T) {
	s := Start(t)
	s.Must(s.Create(Pod("shop", "p"), Pod("other", "p")))
	s.Must(client(t, s).CoreV1().Namespaces().Delete(within(t), "shop", metav1.DeleteOptions{}))
	if left, err := s.List(coreGVR("pods"), ""); err != nil || len(left) != 1 {
		t.Errorf("%d pods are left, %v", len(left), err)
	}
}
