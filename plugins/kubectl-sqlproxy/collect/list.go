package collect

import (
	"context"
	"encoding/json"
	"slices"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// group runs requests, a few at a time, until one fails or ctx ends.
type group struct {
	*errgroup.Group
	ctx context.Context
}

func newGroup(ctx context.Context) *group {
	g := &group{Group: &errgroup.Group{}, ctx: ctx}
	g.SetLimit(parallel)
	return g
}

// Go runs do unless ctx has ended before its turn.
func (g *group) Go(do func() error) {
	g.Group.Go(func() error {
		if err := g.ctx.Err(); err != nil {
			return err
		}
		return do()
	})
}

// list reads a resource in a namespace, in the first version that the server has it in.
// Where all namespaces may not be read, that of the context may be.
func (r *reading) list(ctx context.Context, one resource, namespace string) error {
	versions := one.candidates(r.groups)
	var err error = apierrors.NewNotFound(schema.GroupResource{Group: one.group, Resource: one.plural}, "")
	r.query.Note(one.plural)
	for _, version := range versions {
		if err = r.each(ctx, one, version, namespace); !apierrors.IsNotFound(err) {
			break
		}
	}
	switch {
	case err == nil || ctx.Err() != nil:
		return ctx.Err()
	case apierrors.IsNotFound(err):
		if !one.optional {
			r.miss(one.kind, one.name(), namespace, "the server does not serve it")
		}
		return nil
	case apierrors.IsForbidden(err) && namespace == "" && !one.clusterWide && r.query.Namespaces == nil:
		r.miss(one.kind, one.name(), "", err.Error())
		return r.list(ctx, one, r.cluster.Namespace)
	}
	r.miss(one.kind, one.name(), namespace, err.Error())
	return nil
}

// each adds the objects of a list, page by page.
func (r *reading) each(ctx context.Context, one resource, version, namespace string) error {
	gvr := schema.GroupVersionResource{Group: one.group, Version: version, Resource: one.plural}
	apiVersion := gvr.GroupVersion().String()
	opts := metav1.ListOptions{LabelSelector: one.labels, FieldSelector: one.fields, Limit: one.page}
	var part snapshot.Snapshot // to add takes time, and other lists are read meanwhile
	err := kube.ObjectsOf[json.RawMessage](r.cluster, gvr, namespace).Each(ctx, opts, func(raw *json.RawMessage) error {
		kept := *raw
		if one.keep != nil {
			kept = one.keep(*raw)
		}
		if kept != nil {
			part.Add(apiVersion, one.kind, kept, snapshot.Place{})
		}
		if one.enough != nil && one.enough() {
			return errEnough
		}
		return nil
	})
	trim(&part)
	r.merge(&part)
	return err
}

// get reads an object by name. One that does not exist is none, which is no error.
func (r *reading) get(ctx context.Context, kind, plural, namespace, name string, keep func(json.RawMessage) json.RawMessage) error {
	raw, err := kube.ObjectsOf[json.RawMessage](r.cluster, schema.GroupVersionResource{Version: "v1", Resource: plural}, namespace).Get(ctx, name)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		r.miss(kind, plural, namespace, err.Error())
		return nil
	}
	kept := *raw
	if keep != nil {
		kept = keep(kept)
	}
	var part snapshot.Snapshot
	part.Add("v1", kind, kept, snapshot.Place{})
	r.merge(&part)
	return nil
}

func (r *reading) merge(part *snapshot.Snapshot) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.snapshot.Merge(part)
}

// miss notes what could not be read, once for each kind and namespace.
func (r *reading) miss(kind, resource, namespace, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(r.snapshot.Missing, func(o snapshot.Missing) bool {
		return o.Kind == kind && o.Resource == resource && o.Namespace == namespace
	}) {
		return
	}
	r.snapshot.Missing = append(r.snapshot.Missing, snapshot.Missing{Kind: kind, Resource: resource, Namespace: namespace, Reason: reason})
}
