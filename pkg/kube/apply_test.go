package kube

import (
	"errors"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

var serviceResource = schema.GroupVersionResource{Version: "v1", Resource: "services"}

// serviceOf is a configuration that names these fields.
func serviceOf(kind string, ports ...int) map[string]any {
	spec := map[string]any{"type": kind}
	for _, port := range ports {
		all, _ := spec["ports"].([]any)
		spec["ports"] = append(all, map[string]any{"port": port, "protocol": "TCP"})
	}
	return map[string]any{"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"name": "db"}, "spec": spec}
}

func TestApply(t *testing.T) {
	t.Parallel()
	srv, c := testCluster(t)
	services := ObjectsOf[corev1.Service](c, serviceResource, "shop")
	ours := ApplyOptions{Manager: "ours"}
	dry := ours
	dry.DryRun = true
	if made, err := services.Apply(t.Context(), "db", serviceOf("ClusterIP", 3306), dry); err != nil || made.Spec.Ports[0].Port != 3306 {
		t.Fatalf("dry run: %+v, %v", made, err)
	}
	if _, err := services.Get(t.Context(), "db"); !apierrors.IsNotFound(err) {
		t.Errorf("the dry run has made it: %v", err)
	}
	if _, err := services.Apply(t.Context(), "db", serviceOf("ClusterIP", 3306, 3307), ours); err != nil {
		t.Fatal(err)
	}
	changed, err := services.Apply(t.Context(), "db", serviceOf("ClusterIP", 3306), ours)
	if err != nil || len(changed.Spec.Ports) != 1 || changed.ManagedFields[0].Manager != "ours" {
		t.Errorf("changed to %+v, %v", changed, err)
	}
	stored, err := services.Get(t.Context(), "db")
	if err != nil || len(stored.Spec.Ports) != 1 {
		t.Errorf("stored %+v, %v", stored, err)
	}
	wrong := serviceOf("ClusterIP")
	wrong["spec"].(map[string]any)["prots"] = 1
	if _, err := services.Apply(t.Context(), "db", wrong, ours); !apierrors.IsBadRequest(err) || !strings.Contains(err.Error(), `unknown field "spec.prots"`) {
		t.Errorf("an unknown field: %v", err)
	}
	srv.Forbid("patch", "services")
	if _, err := services.Apply(t.Context(), "db", serviceOf("ClusterIP"), ours); !apierrors.IsForbidden(err) || FieldConflicts(err) != nil {
		t.Errorf("without the right: %v", err)
	}
}

func TestFieldConflicts(t *testing.T) {
	t.Parallel()
	srv, c := testCluster(t)
	services := ObjectsOf[corev1.Service](c, serviceResource, "shop")
	ours := ApplyOptions{Manager: "ours"}
	_, err := services.Apply(t.Context(), "db", serviceOf("ClusterIP"), ours)
	srv.Must(err)
	_, err = c.Services("shop").Patch(t.Context(), "db", types.MergePatchType, []byte(`{"spec":{"type":"NodePort"}}`), metav1.PatchOptions{FieldManager: "kubectl-edit"})
	srv.Must(err)
	_, err = services.Apply(t.Context(), "db", serviceOf("ClusterIP"), ours)
	if got, want := FieldConflicts(err), []FieldConflict{{".spec.type", "kubectl-edit"}}; !slices.Equal(got, want) {
		t.Errorf("%+v of %v, want %+v", got, err, want)
	}
	ours.Force = true
	if forced, err := services.Apply(t.Context(), "db", serviceOf("ClusterIP"), ours); err != nil || forced.Spec.Type != corev1.ServiceTypeClusterIP {
		t.Errorf("forced: %+v, %v", forced, err)
	}
	other := apierrors.NewConflict(schema.GroupResource{Resource: "services"}, "db", errors.New("somebody was quicker"))
	if got := FieldConflicts(other); got != nil {
		t.Errorf("another conflict: %+v", got)
	}
	for message, want := range map[string]string{`conflict with "a b" with subresource "scale" using apps/v1`: "a b", "odd": "odd", `odd "end`: `odd "end`} {
		if got := quoted(message); got != want {
			t.Errorf("%q: %q", message, got)
		}
	}
}
