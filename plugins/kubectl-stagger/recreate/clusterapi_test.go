package recreate

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

var machinesV1beta1 = schema.GroupVersionResource{Group: "cluster.x-k8s.io", Version: "v1beta1", Resource: "machines"}

func machineOf(name, node string, owner *metav1.OwnerReference, finalizers ...string) *unstructured.Unstructured {
	m := object("cluster.x-k8s.io/v1beta1", "Machine", "capi", name, map[string]any{"nodeRef": map[string]any{"name": node}}, finalizers...)
	if owner != nil {
		m.SetOwnerReferences([]metav1.OwnerReference{*owner})
	}
	return m
}

func machineTarget(node, machine string) Target {
	return Target{Node: node, Annotations: map[string]string{machineAnnotation: machine, namespaceAnnotation: "capi"}}
}

func management(t *testing.T) *kubetest.Server {
	t.Helper()
	s := kubetest.Start(t)
	s.AddResource(kubetest.Resource{Group: "cluster.x-k8s.io", Version: "v1beta1", Kind: "Machine", Plural: "machines", Namespaced: true, Status: true})
	return s
}

func TestClusterAPI(t *testing.T) {
	t.Parallel()
	s := management(t)
	set := controller("cluster.x-k8s.io/v1beta1", "MachineSet", "workers")
	s.Must(s.Create(machineOf("m-1", "node-1", &set, "machine.cluster.x-k8s.io"), machineOf("m-2", "node-2", &set)))
	c := NewClusterAPI(connect(t, s))
	one, two := machineTarget("node-1", "m-1"), machineTarget("node-2", "m-2")
	if err := c.Check(t.Context(), []Target{one, two}); err != nil {
		t.Fatal(err)
	}
	op := mustRecreate(t, c, one)
	if op.Name != "m-1" || op.Scope != "capi" || op.UID == "" {
		t.Fatalf("operation %+v", op)
	}
	if over, err := c.Done(t.Context(), op); over || err != nil {
		t.Errorf("Done while the machine ends: %v, %v", over, err)
	}
	if again := mustRecreate(t, c, one); !strings.Contains(again.Notice, "being deleted already") || deletions(s) != 1 {
		t.Errorf("again: %+v, %d deletions", again, deletions(s))
	}
	s.Must(s.DeleteByName(machinesV1beta1, "capi", "m-1"))
	if over, err := c.Done(t.Context(), op); !over || err != nil {
		t.Errorf("Done when it is gone: %v, %v", over, err)
	}
	if gone := mustRecreate(t, c, one); gone.Name != "" || !strings.Contains(gone.Notice, "gone already") {
		t.Errorf("a Machine that is gone: %+v", gone)
	}
	if !stored(t, s, machinesV1beta1, "capi", "m-2") {
		t.Error("another Machine was deleted")
	}
}

func TestClusterAPIRefuses(t *testing.T) {
	t.Parallel()
	s := management(t)
	set := controller("cluster.x-k8s.io/v1beta1", "MachineSet", "workers")
	plane := controller("controlplane.cluster.x-k8s.io/v1beta1", "KubeadmControlPlane", "cp")
	poolOwner := controller("cluster.x-k8s.io/v1beta1", "MachinePool", "mp")
	imposter := controller("example.com/v1", "MachineSet", "x")
	s.Must(s.Create(machineOf("lone", "node-lone", nil), machineOf("plane", "node-plane", &plane), machineOf("pooled", "node-pooled", &poolOwner), machineOf("imposter", "node-imposter", &imposter), machineOf("m-1", "node-1", &set)))
	c := NewClusterAPI(connect(t, s))
	for name, test := range map[string]struct {
		target Target
		words  []string
	}{
		"no set":          {machineTarget("node-lone", "lone"), []string{"node node-lone", "no MachineSet"}},
		"a control plane": {machineTarget("node-plane", "plane"), []string{"node node-plane", "KubeadmControlPlane cp"}},
		"a pool":          {machineTarget("node-pooled", "pooled"), []string{"MachinePool mp"}},
		"another's set":   {machineTarget("node-imposter", "imposter"), []string{"MachineSet x", "would make another"}},
		"another's node":  {machineTarget("node-2", "m-1"), []string{"node node-2", `node "node-1"`}},
		"no annotations":  {Target{Node: "bare"}, []string{"node bare", machineAnnotation}},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, c.Check(t.Context(), []Target{test.target}), test.words...)
			_, err := c.Recreate(t.Context(), test.target)
			wantError(t, err, test.words...)
		})
	}
	if n := deletions(s); n != 0 {
		t.Errorf("%d Machines were deleted", n)
	}
	wantError(t, c.Check(t.Context(), []Target{machineTarget("node-3", "m-3")}), "node node-3", "capi/m-3", "management cluster?")
	s.Forbid("delete", "machines.cluster.x-k8s.io", "capi")
	wantError(t, c.Check(t.Context(), []Target{machineTarget("node-1", "m-1")}), "no right to delete machines.cluster.x-k8s.io in namespace capi")
	none := kubetest.Start(t)
	wantError(t, NewClusterAPI(connect(t, none)).Check(t.Context(), []Target{machineTarget("node-1", "m-1")}), "are the Machines in cluster blue?")
}
