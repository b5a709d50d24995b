package kube

import (
	"context"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// maxOwnerDepth ends a walk up ownerReferences that form a cycle.
const maxOwnerDepth = 6

// ownerCache keeps the owners of owners: they never change for a UID in
// practice, and a rollout of 1,000 pods asks for the same ReplicaSet 1,000 times.
type ownerCache struct {
	mu    sync.Mutex
	byUID map[types.UID]ownerAnswer
}

// ownerAnswer also keeps a refusal, so that each owner is asked for once.
type ownerAnswer struct {
	owners []metav1.OwnerReference
	err    error
}

func newOwnerCache() *ownerCache { return &ownerCache{byUID: map[types.UID]ownerAnswer{}} }

// OwnedBy reports whether the pod descends from the object of that kind and
// name, through any number of owners. It asks the server only for owners that
// can lie between.
func (c *Cluster) OwnedBy(ctx context.Context, pod *Pod, kind Kind, name string) (bool, error) {
	return c.ownedBy(ctx, pod.Namespace, pod.Owners, kind, name, maxOwnerDepth, func(ref metav1.OwnerReference) bool {
		return revisionOf(pod, ref, name)
	})
}

func (c *Cluster) ownedBy(ctx context.Context, namespace string, owners []metav1.OwnerReference, kind Kind, name string, depth int, guess func(metav1.OwnerReference) bool) (bool, error) {
	for _, ref := range owners {
		if ref.Kind == kind.Kind && ref.Name == name && groupOf(ref.APIVersion) == kind.Group {
			return true, nil
		}
	}
	for _, ref := range owners {
		if depth == 0 || !liesBelow(ref, kind) {
			continue
		}
		above, err := c.ownersOf(ctx, namespace, ref)
		switch {
		case apierrors.IsNotFound(err):
			continue // the owner has just gone; the pod will follow
		case apierrors.IsForbidden(err):
			if guess(ref) {
				return true, nil
			}
			continue
		case err != nil:
			return false, err
		}
		if ok, err := c.ownedBy(ctx, namespace, above, kind, name, depth-1, guess); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// liesBelow says whether an owner of ref's kind can itself be owned by kind.
// For the built-in kinds the chain is known, which spares requests and rights.
func liesBelow(ref metav1.OwnerReference, kind Kind) bool {
	switch {
	case kind.Group == "apps" && kind.Kind == "Deployment":
		return ref.Kind == "ReplicaSet"
	case kind.Group == "batch" && kind.Kind == "CronJob":
		return ref.Kind == "Job"
	case kind.Group == "" || kind.Group == "apps" || kind.Group == "batch":
		return false
	default:
		return ref.Kind != "Node"
	}
}

// revisionOf answers for a ReplicaSet that may not be read: a Deployment (or a
// Rollout) names its sets NAME-HASH and labels the pods with the hash.
func revisionOf(pod *Pod, set metav1.OwnerReference, name string) bool {
	for _, label := range []string{"pod-template-hash", "rollouts-pod-template-hash"} {
		if hash := pod.Labels[label]; hash != "" && strings.EqualFold(set.Name, name+"-"+hash) {
			return true
		}
	}
	return false
}

func (c *Cluster) ownersOf(ctx context.Context, namespace string, ref metav1.OwnerReference) ([]metav1.OwnerReference, error) {
	c.owners.mu.Lock()
	known, ok := c.owners.byUID[ref.UID]
	c.owners.mu.Unlock()
	if ok {
		return known.owners, known.err
	}
	owners, err := c.fetchOwners(ctx, namespace, ref)
	if err == nil || apierrors.IsForbidden(err) {
		c.owners.mu.Lock()
		c.owners.byUID[ref.UID] = ownerAnswer{owners, err}
		c.owners.mu.Unlock()
	}
	return owners, err
}

func (c *Cluster) fetchOwners(ctx context.Context, namespace string, ref metav1.OwnerReference) ([]metav1.OwnerReference, error) {
	kind, ok := c.kindOf(ctx, groupOf(ref.APIVersion), ref.Kind)
	if !ok {
		return nil, nil // its API is not served any more: nothing above it can be found
	}
	object, err := c.getMeta(ctx, kind, namespace, ref.Name)
	if err != nil {
		return nil, err
	}
	return object.OwnerReferences, nil
}

// getMeta reads an object's metadata.
func (c *Cluster) getMeta(ctx context.Context, kind Kind, namespace, name string) (*metav1.PartialObjectMetadata, error) {
	client, err := c.Metadata()
	if err != nil {
		return nil, err
	}
	if !kind.Namespaced {
		namespace = ""
	}
	return client.Resource(kind.GVR()).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
}

func groupOf(apiVersion string) string {
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return apiVersion
	}
	return gv.Group
}
