package kubetest

import (
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"
)

// applier applies documents as managers of a namespace's objects.
type applier struct {
	t *testing.T
	*Server
	client dynamic.Interface
}

func newApplier(t *testing.T) *applier {
	t.Helper()
	s := Start(t)
	c, err := dynamic.NewForConfig(s.RESTConfig())
	s.Must(err)
	return &applier{t, s, c}
}

func (a *applier) resource(plural string) dynamic.ResourceInterface {
	gvr := coreGVR(plural)
	if plural == "deployments" {
		gvr.Group = "apps"
	}
	return a.client.Resource(gvr).Namespace("default")
}

func (a *applier) apply(plural, manager string, force bool, text string) (*unstructured.Unstructured, error) {
	a.t.Helper()
	u := &unstructured.Unstructured{}
	a.Must(yaml.Unmarshal([]byte(text), &u.Object))
	return a.resource(plural).Apply(within(a.t), u.GetName(), u, metav1.ApplyOptions{FieldManager: manager, Force: force})
}

func data(t *testing.T, o *unstructured.Unstructured, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := yaml.Marshal(o.Object["data"])
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(raw), "\n", " ")
}

const mapHead = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: "

func TestApplyRemovesWhatItsManagerNoLongerSends(t *testing.T) {
	t.Parallel()
	a := newApplier(t)
	for _, step := range []struct{ manager, send, want string }{
		{"one", "{a: '1', b: '1'}}", `a: "1" b: "1" `},
		{"two", "{b: '1', c: '1'}}", `a: "1" b: "1" c: "1" `},
		{"one", "{a: '2'}}", `a: "2" b: "1" c: "1" `}, // b is two's, too
		{"two", "{}}", `a: "2" `},
	} {
		o, err := a.apply("configmaps", step.manager, false, mapHead+step.send)
		if got := data(t, o, err); got != step.want {
			t.Errorf("%s sent %s: %s, want %s", step.manager, step.send, got, step.want)
		}
	}
}

func TestApplyConflicts(t *testing.T) {
	t.Parallel()
	a := newApplier(t)
	_, err := a.apply("configmaps", "one", false, mapHead+"{a: '1'}}")
	a.Must(err)
	_, err = a.resource("configmaps").Patch(within(t), "c", types.MergePatchType, []byte(`{"data":{"a":"2","b":"2"}}`), metav1.PatchOptions{FieldManager: "editor"})
	a.Must(err)
	_, err = a.apply("configmaps", "one", false, mapHead+"{a: '1'}}")
	status, ok := err.(apierrors.APIStatus)
	if !ok || !apierrors.IsConflict(err) {
		t.Fatalf("no conflict: %v", err)
	}
	causes := status.Status().Details.Causes
	if len(causes) != 1 || causes[0].Type != metav1.CauseTypeFieldManagerConflict || causes[0].Field != ".data.a" || !strings.Contains(causes[0].Message, `conflict with "editor" using v1`) {
		t.Errorf("causes: %+v", causes)
	}
	o, err := a.apply("configmaps", "one", true, mapHead+"{a: '1'}}")
	if got := data(t, o, err); got != `a: "1" b: "2" ` {
		t.Errorf("forced: %s", got)
	}
	if managers := managersOf(o); managers != "editor Update, one Apply" {
		t.Errorf("managed by %s", managers)
	}
}

func managersOf(o *unstructured.Unstructured) string {
	var all []string
	for _, m := range o.GetManagedFields() {
		all = append(all, m.Manager+" "+string(m.Operation))
	}
	if len(all) == 2 && all[0] > all[1] {
		all[0], all[1] = all[1], all[0]
	}
	return strings.Join(all, ", ")
}

// What was there before the first apply belongs to nobody by name.
func TestApplyTakesOver(t *testing.T) {
	t.Parallel()
	a := newApplier(t)
	a.Must(a.Create(configMap("c", map[string]string{"a": "1"})))
	_, err := a.apply("configmaps", "one", false, mapHead+"{a: '2'}}")
	if !apierrors.IsConflict(err) || !strings.Contains(err.Error(), "before-first-apply") {
		t.Errorf("%v", err)
	}
}

// Lists are merged by their keys, as the kinds' schemas say.
func TestApplyMergesLists(t *testing.T) {
	t.Parallel()
	a := newApplier(t)
	one := `{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}},
spec: {containers: [{name: one, image: i:1, args: [x, z]}]}}}}`
	_, err := a.apply("deployments", "one", false, one)
	a.Must(err)
	two := strings.ReplaceAll(one, "{name: one, image: i:1, args: [x, z]}", "{name: two, image: j:1}")
	o, err := a.apply("deployments", "two", false, two)
	a.Must(err)
	containers, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
	if len(containers) != 2 {
		t.Errorf("containers: %v", containers)
	}
	if generation := o.GetGeneration(); generation != 2 {
		t.Errorf("generation %d", generation)
	}
	again, err := a.apply("deployments", "two", false, two)
	if a.Must(err); again.GetResourceVersion() != o.GetResourceVersion() {
		t.Error("an apply that changes nothing is a change")
	}
}

// A null is what programs send for times that they do not set.
func TestApplyAgainIsNoChange(t *testing.T) {
	t.Parallel()
	a := newApplier(t)
	text := "{apiVersion: v1, kind: Secret, metadata: {name: s, creationTimestamp: null}, stringData: {a: b}}"
	first, err := a.apply("secrets", "one", false, text)
	a.Must(err)
	time.Sleep(1100 * time.Millisecond) // the times of managers are in seconds
	again, err := a.apply("secrets", "one", false, text)
	if a.Must(err); again.GetResourceVersion() != first.GetResourceVersion() {
		t.Errorf("changed to %v", again)
	}
}

func TestApplyIntoNoNamespace(t *testing.T) {
	t.Parallel()
	a := newApplier(t)
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "c"}}}
	_, err := a.client.Resource(coreGVR("configmaps")).Namespace("nowhere").Apply(within(t), "c", u, metav1.ApplyOptions{FieldManager: "one"})
	if !apierrors.IsNotFound(err) || !strings.Contains(err.Error(), `namespaces "nowhere" not found`) {
		t.Errorf("%v", err)
	}
}
