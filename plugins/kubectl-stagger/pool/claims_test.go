package pool

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// karpenterNode is a node that was created ten minutes after its NodeClaim.
func karpenterNode(name, capacity, provider string, claimed int) *corev1.Node {
	return kubetest.Node(name, func(n *corev1.Node) {
		n.CreationTimestamp, n.Spec.ProviderID = metav1.NewTime(ago(claimed-10)), provider
		n.Labels[karpenterPool], n.Labels[karpenterCapacity] = "general", capacity
	})
}

func nodeClaim(version, name, node, provider, expireAfter string, claimed int) *unstructured.Unstructured {
	return object("karpenter.sh/"+version, "NodeClaim", "", name, ago(claimed), map[string]any{
		"spec": map[string]any{"expireAfter": expireAfter}, "status": map[string]any{"nodeName": node, "providerID": provider}})
}

func TestKarpenter(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"v1", "v1beta1"} {
		w := newWorld(t)
		w.custom("karpenter.sh", version, "NodeClaim")
		w.Must(w.Create(
			karpenterNode("a", "on-demand", "aws:///z/i-a", 100*hour), nodeClaim(version, "c-a", "a", "aws:///z/i-a", "720h", 100*hour),
			karpenterNode("b", "spot", "aws:///z/i-b", 5*hour), nodeClaim(version, "c-b", "", "aws:///z/i-b", "48h", 5*hour),
			nodeClaim(version, "c-old", "b", "aws:///z/i-old", "1h", 50*hour),
			karpenterNode("c", "on-demand", "", 5*hour), nodeClaim(version, "c-c", "c", "", "Never", 5*hour), nodeClaim(version, "c-d-before", "c", "", "1h", 50*hour),
			karpenterNode("d", "on-demand", "aws:///z/i-d", 5*hour),
			karpenterNode("e", "on-demand", "aws:///z/i-e", 5*hour), nodeClaim(version, "c-e", "e", "aws:///z/i-e", "30d", 5*hour),
		))
		s, err := Collect(t.Context(), w.cluster, Query{Pool: "general"}, nil, noon)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range s.Nodes {
			got = append(got, fmt.Sprint(n.Name, " ", n.Lifetime, " ", n.MaxAge, " ", noon.Sub(n.Start.At), " ", n.Start.Source))
		}
		want := "a expiring 720h0m0s 100h0m0s nodeclaim, b spot 48h0m0s 5h0m0s nodeclaim, c permanent 0s 5h0m0s nodeclaim, d permanent 0s 4h50m0s node, e permanent 0s 5h0m0s nodeclaim"
		if g := strings.Join(got, ", "); g != want {
			t.Errorf("%s:\n%s\nwant\n%s", version, g, want)
		}
		if len(s.Missing) != 1 || !strings.Contains(s.Missing[0], `node e`) || !strings.Contains(s.Missing[0], `"30d"`) || s.Platform.Name != "Karpenter" {
			t.Errorf("%s: missing %q on %s", version, s.Missing, s.Platform.Name)
		}
		if age, err := s.MaxAge(); age != 48*time.Hour || err != nil {
			t.Errorf("%s: the pool's life is %s, %v", version, age, err)
		}

		w.Forbid("list", "nodeclaims.karpenter.sh")
		s, err = Collect(t.Context(), w.cluster, Query{Pool: "general"}, nil, noon)
		if err != nil || len(s.Missing) != 1 || !strings.HasPrefix(s.Missing[0], "Skipped: Karpenter's NodeClaims (nodeclaims.karpenter.sh is forbidden") || s.Nodes[0].Start.Source != FromNode {
			t.Errorf("%s, forbidden: %q, %v", version, s.Missing, err)
		}
	}
}

func TestKarpenterWithoutClaims(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Must(w.Create(karpenterNode("a", "spot", "aws:///z/i-a", 100*hour)))
	s, err := Collect(t.Context(), w.cluster, Query{Pool: "general"}, nil, noon)
	if err != nil || len(s.Missing) != 0 || s.Nodes[0].Start.Source != FromNode {
		t.Errorf("%+v, %v", s, err)
	}
}

// capiNode is a node with a Machine in namespace "fleet", of its name and of a deployment.
func (w *world) capiNode(version, name, deployment string, minutes int) {
	w.Must(w.Create(
		kubetest.Node(name, func(n *corev1.Node) {
			n.CreationTimestamp = metav1.NewTime(ago(minutes - 5))
			n.Annotations = map[string]string{capiMachine: "m-" + name, capiNamespace: "fleet"}
		}),
		object("cluster.x-k8s.io/"+version, "Machine", "fleet", "m-"+name, ago(minutes), map[string]any{"labels": map[string]any{capiDeployment: deployment}}),
		object("cluster.x-k8s.io/"+version, "Machine", "elsewhere", "m-"+name, ago(minutes-1), map[string]any{"labels": map[string]any{capiDeployment: "not-this"}})))
}

func TestClusterAPI(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"v1beta1", "v1beta2"} {
		w := newWorld(t)
		w.AddResource(kubetest.Resource{Group: "cluster.x-k8s.io", Version: version, Kind: "Machine", Plural: "machines", Namespaced: true})
		w.capiNode(version, "n1", "workers", 60)
		w.capiNode(version, "n2", "workers", 70)
		w.capiNode(version, "n3", "others", 80)
		s, err := Collect(t.Context(), w.cluster, Query{Pool: "workers"}, nil, noon)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Nodes) != 2 || s.Nodes[1].Start.Source != FromMachine || !s.Nodes[1].Start.At.Equal(ago(70)) || s.Label != capiDeployment || s.Platform.Name != "Cluster API" || s.Elsewhere[0].Pool != "others" {
			t.Errorf("%s: %+v", version, s)
		}
		if names, err := Names(t.Context(), w.cluster, ""); fmt.Sprint(names) != "[others workers]" || err != nil {
			t.Errorf("%s: %v, %v", version, names, err)
		}
		w.Forbid("list", "machines.cluster.x-k8s.io")
		_, err = Collect(t.Context(), w.cluster, Query{Pool: "workers"}, nil, noon)
		if err == nil || !strings.Contains(err.Error(), "Skipped: Cluster API's Machines (machines.cluster.x-k8s.io is forbidden") || !strings.Contains(err.Error(), "--pool-label") {
			t.Errorf("%s, forbidden: %v", version, err)
		}
	}
}

// Custom resources are asked for only where the nodes show signs of them.
func TestNoSigns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.preemptible("n1", 60)
	w.collect(t, nil)
	if n := w.CountRequests(func(r kubetest.RequestRecord) bool {
		return strings.Contains(r.Path, "karpenter") || strings.Contains(r.Path, "cluster.x-k8s.io")
	}); n != 0 {
		t.Errorf("%d requests for custom resources", n)
	}
}
