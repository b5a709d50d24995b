package pool

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// world is a scripted cluster.
type world struct {
	*kubetest.Server
	cluster *kube.Cluster
}

func newWorld(t testing.TB) *world {
	t.Helper()
	srv := kubetest.Start(t)
	c, err := kube.NewCluster("test", "default", srv.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	return &world{srv, c}
}

// preemptible makes a GKE node of pool "preempt", with a machine that was started so
// many minutes before noon.
func (w *world) preemptible(name string, minutes int, edits ...func(*corev1.Node)) {
	labels := func(n *corev1.Node) {
		n.CreationTimestamp = metav1.NewTime(ago(minutes))
		n.Status.Conditions[0].LastTransitionTime = metav1.NewTime(ago(minutes - 1))
		n.Spec.ProviderID = "gce://project/zone/" + name
		n.Labels[gkePool], n.Labels[gkePreemptible] = "preempt", "true"
	}
	w.Must(w.Create(kubetest.Node(name, append([]func(*corev1.Node){labels}, edits...)...)))
}

// collect looks at pool "preempt" at noon.
func (w *world) collect(t testing.TB, cloud Cloud) *Snapshot {
	t.Helper()
	s, err := Collect(t.Context(), w.cluster, Query{Pool: "preempt"}, cloud, noon)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// custom makes the server serve a custom resource.
func (w *world) custom(group, version, kind string) {
	w.AddResource(kubetest.Resource{Group: group, Version: version, Kind: kind, Plural: strings.ToLower(kind) + "s"})
}

func object(apiVersion, kind, namespace, name string, created time.Time, fields map[string]any) *unstructured.Unstructured {
	meta := map[string]any{"name": name, "creationTimestamp": created.Format(time.RFC3339)}
	if namespace != "" {
		meta["namespace"] = namespace
	}
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": meta}}
	for key, value := range fields {
		if key == "labels" {
			meta[key] = value
		} else {
			o.Object[key] = value
		}
	}
	return o
}

// replica is a pod of the Deployment, which runs since so many minutes before noon.
func replica(namespace, deployment, suffix, node string, minutes int, opts ...kubetest.PodOption) *corev1.Pod {
	opts = append([]kubetest.PodOption{kubetest.OnNode(node), kubetest.Created(ago(minutes)), kubetest.WithLabels("app", deployment, "pod-template-hash", "7d4b9"),
		kubetest.WithOwner("apps/v1", "ReplicaSet", deployment+"-7d4b9", deployment)}, opts...)
	return kubetest.Pod(namespace, deployment+"-7d4b9-"+suffix, opts...)
}

// clouds are machines by node name; err is the whole answer if it is set.
type clouds struct {
	vms   map[string]VM
	err   error
	asked []string
}

func (c *clouds) VMs(_ context.Context, nodes []Node) (map[string]VM, error) {
	for _, n := range nodes {
		c.asked = append(c.asked, n.Name)
	}
	return c.vms, c.err
}
