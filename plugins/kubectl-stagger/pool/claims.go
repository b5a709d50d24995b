package pool

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
)

// claim is what a Karpenter NodeClaim says of its machine.
type claim struct {
	created     time.Time
	expireAfter string // as written; v1beta1 has it in the NodePool instead
}

// claims finds the NodeClaim of a node.
type claims struct {
	byProvider, byNode map[string]claim
}

// of prefers the provider ID, which two NodeClaims share only in the moment in which
// one takes the other's place; a node's name may be used again.
func (c claims) of(n *Node) (claim, bool) {
	found, ok := c.byProvider[n.Machine.ProviderID]
	if !ok {
		found, ok = c.byNode[n.Name]
	}
	return found, ok
}

// claimsOf reads the cluster's NodeClaims. A server without them has none.
func claimsOf(ctx context.Context, c *kube.Cluster) (claims, error) {
	type object struct {
		Metadata metav1.ObjectMeta
		Spec     struct{ ExpireAfter string }
		Status   struct{ NodeName, ProviderID string }
	}
	all := claims{map[string]claim{}, map[string]claim{}}
	keep := func(in map[string]claim, key string, found claim) {
		if old, there := in[key]; key != "" && (!there || found.created.After(old.created)) {
			in[key] = found
		}
	}
	err := eachServed(ctx, c, "karpenter.sh", "nodeclaims", []string{"v1", "v1beta1"}, func(o *object) error {
		found := claim{o.Metadata.CreationTimestamp.Time, o.Spec.ExpireAfter}
		keep(all.byProvider, o.Status.ProviderID, found)
		keep(all.byNode, o.Status.NodeName, found)
		return nil
	})
	return all, err
}

// machine is what a Cluster API Machine says of itself.
type machine struct {
	created    time.Time
	deployment string // the MachineDeployment; empty where there is none
}

// machineName is the namespace/name of a node's Machine; empty where it has none.
func machineName(annotations map[string]string) string {
	if annotations[capiMachine] == "" {
		return ""
	}
	return annotations[capiNamespace] + "/" + annotations[capiMachine]
}

// machinesOf reads the Machines, by namespace/name, if one of the nodes has one. They
// are often in another cluster, the one that manages this one; then there are none.
func machinesOf(ctx context.Context, c *kube.Cluster, nodes []tagged) (map[string]machine, error) {
	wanted := map[string]bool{}
	for i := range nodes {
		if nodes[i].machine != "" {
			wanted[nodes[i].machine] = true
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	type object struct{ Metadata metav1.ObjectMeta }
	all := map[string]machine{}
	err := eachServed(ctx, c, "cluster.x-k8s.io", "machines", []string{"v1beta2", "v1beta1"}, func(o *object) error {
		if key := o.Metadata.Namespace + "/" + o.Metadata.Name; wanted[key] {
			all[key] = machine{o.Metadata.CreationTimestamp.Time, o.Metadata.Labels[capiDeployment]}
		}
		return nil
	})
	return all, err
}

// eachServed calls do for every object of a custom resource, in the first of the
// versions that the server has. It is no error when it has none.
func eachServed[T any](ctx context.Context, c *kube.Cluster, group, plural string, versions []string, do func(*T) error) error {
	for _, version := range versions {
		resource := schema.GroupVersionResource{Group: group, Version: version, Resource: plural}
		err := kube.ObjectsOf[T](c, resource, "").Each(ctx, metav1.ListOptions{}, do)
		if !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}
