package recreate

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kube"
)

// Karpenter deletes NodeClaims. Karpenter then drains the node, ends its machine, and
// makes another, under another name, where pods need one.
type Karpenter struct{ cluster *kube.Cluster }

// NewKarpenter makes a Recreator of the cluster's Karpenter. Nothing is asked yet.
func NewKarpenter(cluster *kube.Cluster) *Karpenter { return &Karpenter{cluster} }

// nodeClaim is the part that is needed of a NodeClaim, v1 or v1beta1.
type nodeClaim struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Status   struct {
		NodeName   string `json:"nodeName"`
		ProviderID string `json:"providerID"`
	} `json:"status"`
}

// Name is for people.
func (k *Karpenter) Name() string { return "Karpenter" }

// Replaces reports false.
func (k *Karpenter) Replaces() bool { return false }

// Check finds the NodeClaim of each node, and asks for the right to delete them.
func (k *Karpenter) Check(ctx context.Context, targets []Target) error {
	claims, resource, err := k.claims(ctx)
	if err != nil {
		return err
	}
	var without []string
	for _, t := range targets {
		if _, ok := claims.of(t); !ok {
			without = append(without, t.Node)
		}
	}
	var complaints []error
	if len(without) > 0 {
		complaints = append(complaints, fmt.Errorf("%s: no NodeClaim has it in status.nodeName, so that Karpenter did not make it", nodes(without)))
	}
	return errors.Join(append(complaints, mayDelete(ctx, k.cluster, resource.GVR(), ""))...)
}

// Recreate deletes the node's NodeClaim. The error is the API's status.
func (k *Karpenter) Recreate(ctx context.Context, t Target) (Operation, error) {
	claims, resource, err := k.claims(ctx)
	if err != nil {
		return Operation{}, err
	}
	claim, ok := claims.of(t)
	if !ok {
		return Operation{Notice: fmt.Sprintf("the NodeClaim of node %s is gone already", t.Node)}, nil
	}
	op := Operation{Name: claim.Metadata.Name, UID: claim.Metadata.UID}
	if claim.Metadata.DeletionTimestamp != nil {
		op.Notice = fmt.Sprintf("NodeClaim %s is being deleted already", op.Name)
		return op, nil
	}
	err = deleteOnly(ctx, kube.ObjectsOf[nodeClaim](k.cluster, resource.GVR(), ""), op)
	if err != nil {
		return Operation{}, fmt.Errorf("node %s: deleting NodeClaim %s: %w", t.Node, op.Name, err)
	}
	return op, nil
}

// Done reports whether the NodeClaim is gone, and with it the machine.
func (k *Karpenter) Done(ctx context.Context, op Operation) (bool, error) {
	if op.Name == "" {
		return true, nil
	}
	resource, err := k.cluster.Kind(ctx, "nodeclaims.karpenter.sh")
	if err != nil {
		return false, err
	}
	claim, err := kube.ObjectsOf[nodeClaim](k.cluster, resource.GVR(), "").Get(ctx, op.Name)
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	return err == nil && claim.Metadata.UID != op.UID, err
}

// Trouble knows of none.
func (k *Karpenter) Trouble(context.Context, Target, Operation) error { return nil }

// claimIndex finds NodeClaims by what they say of their node.
type claimIndex struct{ byNode, byProvider map[string]nodeClaim }

func (x claimIndex) of(t Target) (nodeClaim, bool) {
	if claim, ok := x.byNode[t.Node]; ok && (t.ProviderID == "" || claim.Status.ProviderID == "" || claim.Status.ProviderID == t.ProviderID) {
		return claim, true
	}
	claim, ok := x.byProvider[t.ProviderID]
	return claim, ok && t.ProviderID != ""
}

func (k *Karpenter) claims(ctx context.Context) (claimIndex, kube.Kind, error) {
	index := claimIndex{map[string]nodeClaim{}, map[string]nodeClaim{}}
	resource, err := k.cluster.Kind(ctx, "nodeclaims.karpenter.sh")
	if err != nil {
		return index, resource, fmt.Errorf("is Karpenter (v0.32 or later) here? %w", err)
	}
	err = kube.ObjectsOf[nodeClaim](k.cluster, resource.GVR(), "").Each(ctx, metav1.ListOptions{}, func(c *nodeClaim) error {
		index.byNode[c.Status.NodeName] = *c
		index.byProvider[c.Status.ProviderID] = *c
		return nil
	})
	if err != nil {
		return index, resource, fmt.Errorf("listing NodeClaims: %w", err)
	}
	return index, resource, nil
}

// deleteOnly deletes the object of that name and UID. One that is gone, or whose name
// is another object's by now, is no error: it has been deleted.
func deleteOnly[T any](ctx context.Context, objects kube.Objects[T], op Operation) error {
	err := objects.Delete(ctx, op.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(op.UID))})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}
