package realcluster

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kube"
)

// simulatedTime is how long kwok may take until all nodes of a test are Ready.
const simulatedTime = 2 * time.Minute

// Simulate creates nodes that have no machine: kwok, which scripts/cluster runs,
// keeps them Ready and lets pods that are bound to them run, without logs and exec.
// Each node needs a taint, so that no other test's pods get there. They are
// deleted, and the namespace with them, when the test ends.
func (n *Namespace) Simulate(nodes ...*corev1.Node) {
	n.t.Helper()
	n.t.Cleanup(func() { n.endSimulation(nodes) })
	ctx, cancel := context.WithTimeout(n.t.Context(), simulatedTime)
	defer cancel()
	for _, node := range nodes {
		if len(node.Spec.Taints) == 0 {
			n.t.Fatalf("the simulated node %s has no taint", node.Name)
		}
		if err := n.Boot(ctx, node); err != nil {
			n.t.Fatal(err)
		}
	}
	for _, node := range nodes {
		for {
			got, err := n.Cluster.Nodes().Get(ctx, node.Name)
			if err == nil && NodeReady(got) {
				break
			}
			if ctx.Err() != nil {
				n.Cannot(fmt.Sprintf("simulated nodes: %s is not Ready after %s; does kwok run?", node.Name, simulatedTime))
			}
			time.Sleep(pollEvery)
		}
	}
}

// endSimulation deletes the pods before their nodes: without its node, a pod that
// is being deleted waits for half a minute for somebody to collect it.
func (n *Namespace) endSimulation(nodes []*corev1.Node) {
	if n.t.Failed() {
		n.t.Logf("pods and events before the end of the simulation:\n%s", n.look())
	}
	n.Kubectl("delete", "namespace", n.Name, "--wait=false")
	n.Until("the end of the pods", 2*time.Minute, func() error {
		pods, err := n.Pods("")
		if err == nil && len(pods) > 0 {
			err = fmt.Errorf("%d are left", len(pods))
		}
		return err
	})
	args := []string{"delete", "node", "--ignore-not-found", "--wait=false"}
	for _, node := range nodes {
		args = append(args, node.Name)
	}
	n.Kubectl(args...)
}

// Boot plays a machine that starts and registers the node: with the node's labels,
// taints and status, and a boot ID of its own. The Node must not exist.
func (n *Namespace) Boot(ctx context.Context, node *corev1.Node) error {
	fresh := node.DeepCopy()
	fresh.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}
	metav1.SetMetaDataAnnotation(&fresh.ObjectMeta, "kwok.x-k8s.io/node", "fake")
	metav1.SetMetaDataLabel(&fresh.ObjectMeta, corev1.LabelHostname, node.Name)
	fresh.Status.NodeInfo.BootID = strings.ToLower(rand.Text())
	_, err := n.nodes().Create(ctx, fresh)
	return err
}

// Replace plays a machine that is gone and another one that registers under the same
// name: a new Node with another UID and boot ID.
func (n *Namespace) Replace(ctx context.Context, node *corev1.Node) error {
	if err := n.nodes().Delete(ctx, node.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	return n.Boot(ctx, node)
}

// Reboot plays another machine whose kubelet finds the Node of the one before, and
// takes it over with all that was written into it: only the boot ID is another one.
// Where the Node is gone, it is made anew.
func (n *Namespace) Reboot(ctx context.Context, node *corev1.Node) error {
	bootID := strings.ToLower(rand.Text())
	for {
		now, err := n.nodes().Get(ctx, node.Name)
		if apierrors.IsNotFound(err) {
			return n.Boot(ctx, node)
		}
		if err != nil {
			return err
		}
		now.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}
		now.Status.NodeInfo.BootID = bootID
		_, err = n.nodes().Update(ctx, node.Name+"/status", now)
		if !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			return err
		}
	}
}

// NodeReady reports whether a node is Ready.
func NodeReady(node *corev1.Node) bool {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func (n *Namespace) nodes() kube.Objects[corev1.Node] {
	return kube.ObjectsOf[corev1.Node](n.Cluster, corev1.SchemeGroupVersion.WithResource("nodes"), "")
}
