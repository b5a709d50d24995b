package recreate

import (
	"net/http"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

func claimOf(version, name, node, providerID string, finalizers ...string) *unstructured.Unstructured {
	return object("karpenter.sh/"+version, "NodeClaim", "", name, map[string]any{"nodeName": node, "providerID": providerID}, finalizers...)
}

func TestKarpenter(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"v1", "v1beta1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := kubetest.Start(t)
			s.AddResource(kubetest.Resource{Group: "karpenter.sh", Version: version, Kind: "NodeClaim", Plural: "nodeclaims", Status: true})
			s.Must(s.Create(claimOf(version, "default-abcde", "node-1", "aws:///a/i-1", "karpenter.sh/termination"),
				claimOf(version, "default-fghij", "", "aws:///a/i-2"), claimOf(version, "default-other", "node-9", "aws:///a/i-9")))
			k := NewKarpenter(connect(t, s))
			if k.Replaces() {
				t.Error("Karpenter is said to make a machine for each that it ends")
			}
			byName, byID := Target{Node: "node-1", ProviderID: "aws:///a/i-1"}, Target{Node: "node-2", ProviderID: "aws:///a/i-2"}
			if err := k.Check(t.Context(), []Target{byName, byID}); err != nil {
				t.Fatal(err)
			}
			op := mustRecreate(t, k, byName)
			if op.Name != "default-abcde" || op.UID == "" {
				t.Fatalf("operation %+v", op)
			}
			if over, err := k.Done(t.Context(), op); over || err != nil {
				t.Errorf("Done while Karpenter drains: %v, %v", over, err)
			}
			if again := mustRecreate(t, k, byName); again.Name != op.Name || !strings.Contains(again.Notice, "being deleted already") || deletions(s) != 1 {
				t.Errorf("again: %+v, %d deletions", again, deletions(s))
			}
			gvr := schema.GroupVersionResource{Group: "karpenter.sh", Version: version, Resource: "nodeclaims"}
			s.Must(s.DeleteByName(gvr, "", "default-abcde"))
			if over, err := k.Done(t.Context(), op); !over || err != nil {
				t.Errorf("Done when it is gone: %v, %v", over, err)
			}
			s.Must(s.Create(claimOf(version, "default-abcde", "node-7", "aws:///a/i-7")))
			if over, err := k.Done(t.Context(), op); !over || err != nil {
				t.Errorf("Done when another has the name: %v, %v", over, err)
			}
			mustRecreate(t, k, byID)
			if stored(t, s, gvr, "", "default-fghij") || !stored(t, s, gvr, "", "default-other") {
				t.Error("the wrong NodeClaim was deleted")
			}
			if op := mustRecreate(t, k, Target{Node: "node-3"}); op.Name != "" || !strings.Contains(op.Notice, "gone already") {
				t.Errorf("a node without a NodeClaim: %+v", op)
			}
		})
	}
}

func TestKarpenterCheck(t *testing.T) {
	t.Parallel()
	s := kubetest.Start(t)
	k := NewKarpenter(connect(t, s))
	wantError(t, k.Check(t.Context(), nil), "is Karpenter", "nodeclaims.karpenter.sh")

	s = kubetest.Start(t)
	s.AddResource(kubetest.Resource{Group: "karpenter.sh", Version: "v1", Kind: "NodeClaim", Plural: "nodeclaims", Status: true})
	s.Must(s.Create(claimOf("v1", "default-abcde", "node-1", "aws:///a/i-1")))
	k = NewKarpenter(connect(t, s))
	// The node of that name is another machine than the NodeClaim's.
	wantError(t, k.Check(t.Context(), []Target{{Node: "node-1", ProviderID: "aws:///a/i-5"}, {Node: "bare"}}), "nodes node-1, bare", "no NodeClaim")
	s.Forbid("delete", "nodeclaims.karpenter.sh")
	wantError(t, k.Check(t.Context(), []Target{{Node: "node-1"}}), "no right to delete nodeclaims.karpenter.sh")
	_, err := k.Recreate(t.Context(), Target{Node: "node-1"})
	wantError(t, err, "node node-1", "default-abcde", "cannot delete")
}

func TestKarpenterDeletesOnlyWhatItSaw(t *testing.T) {
	t.Parallel()
	s := kubetest.Start(t)
	s.AddResource(kubetest.Resource{Group: "karpenter.sh", Version: "v1", Kind: "NodeClaim", Plural: "nodeclaims", Status: true})
	s.Must(s.Create(claimOf("v1", "default-abcde", "node-1", "aws:///a/i-1")))
	gvr := schema.GroupVersionResource{Group: "karpenter.sh", Version: "v1", Resource: "nodeclaims"}
	s.Fault(kubetest.Fault{Match: func(r *http.Request) bool {
		if r.Method == http.MethodDelete { // meanwhile the name has become another's
			s.Must(s.DeleteByName(gvr, "", "default-abcde"))
			s.Must(s.Create(claimOf("v1", "default-abcde", "node-2", "aws:///a/i-2")))
		}
		return false
	}})
	if _, err := NewKarpenter(connect(t, s)).Recreate(t.Context(), Target{Node: "node-1"}); err != nil {
		t.Errorf("what was meant is gone: %v", err)
	}
	if deletions(s) != 1 || !stored(t, s, gvr, "", "default-abcde") {
		t.Errorf("%d deletions; the NodeClaim of another node was deleted, or none was asked for", deletions(s))
	}
}
