package recreate

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

func connect(t *testing.T, s *kubetest.Server) *kube.Cluster {
	t.Helper()
	c, err := kube.NewCluster("blue", "default", s.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// object makes an object of a custom kind. Finalizers keep it when it is deleted.
func object(apiVersion, kind, namespace, name string, status map[string]any, finalizers ...string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"status": status}}
	o.SetAPIVersion(apiVersion)
	o.SetKind(kind)
	o.SetNamespace(namespace)
	o.SetName(name)
	o.SetFinalizers(finalizers)
	return o
}

// deletions are the bodies of DELETE requests so far.
func deletions(s *kubetest.Server) int {
	return s.CountRequests(func(r kubetest.RequestRecord) bool { return r.Method == "DELETE" })
}

func stored(t *testing.T, s *kubetest.Server, gvr schema.GroupVersionResource, namespace, name string) bool {
	t.Helper()
	_, err := s.Get(gvr, namespace, name)
	return err == nil
}

func controller(apiVersion, kind, name string) metav1.OwnerReference {
	yes := true
	return metav1.OwnerReference{APIVersion: apiVersion, Kind: kind, Name: name, UID: "owner", Controller: &yes}
}
