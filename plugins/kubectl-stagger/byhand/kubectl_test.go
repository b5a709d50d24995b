//go:build !windows

package byhand

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/pkg/kubetest/tool"
)

var (
	nodeResource  = schema.GroupVersionResource{Version: "v1", Resource: "nodes"}
	claimResource = schema.GroupVersionResource{Group: "karpenter.sh", Version: "v1", Resource: "nodeclaims"}
	capiResource  = schema.GroupVersionResource{Group: "cluster.x-k8s.io", Version: "v1beta2", Resource: "machines"}
)

// custom is an object of a custom resource.
func custom(apiVersion, kind, namespace, name string, status map[string]any) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind, "status": status}}
	u.SetNamespace(namespace)
	u.SetName(name)
	return u
}

// TestRealKubectl: what is asked of kubectl in paths, patterns and preconditions is
// what kubectl and an API server understand.
func TestRealKubectl(t *testing.T) {
	t.Parallel()
	kubectl := tool.Find(t, "kubectl")
	for name, test := range map[string]struct {
		via      Via
		selector string
		gone     schema.GroupVersionResource // what the script deletes
		where    string
		object   string
		next     string // the name of the next node; empty for none
	}{
		"the same name":    {ViaExec, "", nodeResource, "", "gke-a", "gke-a"},
		"another name":     {ViaExec, "pool in (a,b)", nodeResource, "", "gke-a", "gke-new"},
		"Karpenter":        {ViaKarpenter, "", claimResource, "", "claim-a", ""},
		"Cluster API":      {ViaClusterAPI, "pool=a", capiResource, "infra", "machine-a", "gke-new"},
		"no Node is there": {ViaExec, "", schema.GroupVersionResource{}, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kubetest.Start(t)
			s.AddResource(
				kubetest.Resource{Group: claimResource.Group, Version: claimResource.Version, Kind: "NodeClaim", Plural: claimResource.Resource},
				kubetest.Resource{Group: capiResource.Group, Version: capiResource.Version, Kind: "Machine", Plural: capiResource.Resource, Namespaced: true})
			node := kubetest.Node("gke-a", func(n *corev1.Node) {
				n.UID, n.Status.NodeInfo.BootID = "uid-a", "boot-a"
				n.Labels["pool"] = "a"
				n.Annotations = map[string]string{"cluster.x-k8s.io/machine": "machine-a", "cluster.x-k8s.io/cluster-namespace": "infra"}
			})
			s.Must(s.Create(
				custom("karpenter.sh/v1", "NodeClaim", "", "claim-a", map[string]any{"nodeName": "gke-a", "providerID": sample().Steps[0].ProviderID}),
				custom("cluster.x-k8s.io/v1beta2", "Machine", "infra", "machine-a", nil)))
			if test.object != "" {
				s.Must(s.Create(node))
			}

			w := newWorld(t)
			w.plan.Via, w.plan.Selector, w.plan.Command = test.via, test.selector, "true"
			bin := t.TempDir()
			w.must(os.Symlink(kubectl, filepath.Join(bin, "kubectl")))
			w.env = []string{"PATH=" + bin + ":" + playedDir(t) + ":" + os.Getenv("PATH"), "KUBECONFIG=" + s.KubeconfigFile(t), "HOME=" + t.TempDir()}
			cmd := w.start()
			if test.object != "" {
				awaitGone(t, s, test.gone, test.where, test.object)
				if test.gone != nodeResource {
					s.Must(s.Delete(node)) // as the platform does
				}
				if test.next != "" {
					s.Must(s.Create(kubetest.Node(test.next, func(n *corev1.Node) { n.Labels["pool"] = "a" })))
				}
			}
			if status := w.end(cmd); status != 0 {
				t.Errorf("exit status %d:\n%s", status, w.out.String())
			}
			if test.object == "" {
				w.wantSaid("gke-a: it is gone")
			} else {
				w.wantSaid("gke-a: replaced")
			}
		})
	}
}

// awaitGone waits until an object has been deleted.
func awaitGone(t *testing.T, s *kubetest.Server, resource schema.GroupVersionResource, namespace, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for {
		_, err := s.Get(resource, namespace, name)
		if apierrors.IsNotFound(err) {
			return
		}
		if err != nil || ctx.Err() != nil {
			t.Fatalf("%s %s is not deleted: %v", resource.Resource, name, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
