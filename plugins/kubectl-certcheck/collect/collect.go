package collect

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// parallel is how many lists are read at the same time.
const parallel = 8

// Query says what to read.
type Query struct {
	// Namespaces are those whose consumers are asked for; nil is all.
	Namespaces []string
	// Note is told what is being read, for progress; it may be nil.
	Note func(what string)
}

// Cluster reads the snapshot. The error is the API's status where not even the list of
// API groups can be had, or that of ctx.
func Cluster(ctx context.Context, c *kube.Cluster, q Query) (*chain.Snapshot, error) {
	groups, err := c.Groups(ctx)
	if err != nil {
		return nil, err
	}
	r := &reading{cluster: c, query: q, read: map[string]bool{}}
	r.snapshot.Scope, r.snapshot.Groups = q.Namespaces, groups
	if r.query.Note == nil {
		r.query.Note = func(string) {}
	}
	steps := []func(context.Context) error{r.first, r.crds, r.reviews}
	if q.Namespaces != nil {
		steps = []func(context.Context) error{r.first, r.further, r.byName, r.crds, r.reviews}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
		// What is read next depends on what was found.
		r.snapshot.Close()
	}
	return &r.snapshot, nil
}

// reading is a snapshot in the making.
type reading struct {
	cluster *kube.Cluster
	query   Query

	mu       sync.Mutex // of all that follows
	snapshot chain.Snapshot
	// read are the lists that were read or tried: "secrets in shop".
	read map[string]bool
}

// first reads the consumers, and all of cert-manager's.
func (r *reading) first(ctx context.Context) error {
	todo := &errgroup.Group{}
	todo.SetLimit(parallel)
	var all []resource
	all = append(all, doors()...)
	all = append(all, issuance()...)
	all = append(all, controllers())
	if r.query.Namespaces == nil {
		all = append(all, trusting()...)
	}
	all = append(all, secrets(), pods(), services())
	for _, one := range all {
		for _, namespace := range r.where(&one) {
			todo.Go(func() error { return r.list(ctx, one, namespace) })
		}
	}
	r.events(ctx, todo, r.where(&resource{}))
	return todo.Wait()
}

// where are the namespaces in which a resource is read; "" is all.
func (r *reading) where(one *resource) []string {
	if r.query.Namespaces == nil || one.everywhere || one.clusterWide {
		return []string{""}
	}
	return r.query.Namespaces
}

// events reads those that say something of certificates.
func (r *reading) events(ctx context.Context, todo *errgroup.Group, namespaces []string) {
	for kind, reason := range told() {
		fields := "involvedObject.kind=" + kind
		if reason != "" {
			fields += ",reason=" + reason
		}
		for _, namespace := range namespaces {
			todo.Go(func() error {
				return r.list(ctx, resource{plural: "events", kind: "Event", fields: fields}, namespace)
			})
		}
	}
}

// list reads a resource in a namespace, in the first version that serves it. Where all
// namespaces are forbidden, those that are asked for may not be.
func (r *reading) list(ctx context.Context, one resource, namespace string) error {
	versions := one.candidates(r.snapshot.Groups)
	if len(versions) == 0 || !r.begin(one, namespace) {
		return nil
	}
	r.query.Note(one.plural)
	var err error
	for _, version := range versions {
		if err = r.each(ctx, one, version, namespace); !apierrors.IsNotFound(err) {
			break
		}
	}
	switch {
	case err == nil || apierrors.IsNotFound(err): // the group has no such resource
		r.found(one, namespace)
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case apierrors.IsForbidden(err) && namespace == "" && !one.clusterWide:
		return r.listEach(ctx, one, err)
	}
	r.miss(one, namespace, err)
	return nil
}

// listEach reads a resource namespace by namespace, as all of them at once may not be
// read.
func (r *reading) listEach(ctx context.Context, one resource, forbidden error) error {
	namespaces := r.query.Namespaces
	if namespaces == nil {
		namespaces = []string{r.cluster.Namespace}
	}
	r.miss(one, "", forbidden)
	r.mu.Lock()
	delete(r.read, one.key(""))
	r.mu.Unlock()
	for _, namespace := range namespaces {
		if err := r.list(ctx, one, namespace); err != nil {
			return err
		}
	}
	return nil
}

// begin reports whether a list has not been read yet.
func (r *reading) begin(one resource, namespace string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.read[one.key("")] || r.read[one.key(namespace)] {
		return false
	}
	r.read[one.key(namespace)] = true
	return true
}

// key names the list of a resource in a namespace.
func (r *resource) key(namespace string) string {
	return r.group + "/" + r.plural + "?" + r.fields + " in " + namespace
}

func (r *reading) each(ctx context.Context, one resource, version, namespace string) error {
	gvr := schema.GroupVersionResource{Group: one.group, Version: version, Resource: one.plural}
	apiVersion := version
	if one.group != "" {
		apiVersion = one.group + "/" + version
	}
	opts := metav1.ListOptions{FieldSelector: one.fields, Limit: one.page}
	var part chain.Snapshot // what is added takes time, and other lists are read meanwhile
	err := kube.ObjectsOf[json.RawMessage](r.cluster, gvr, namespace).Each(ctx, opts, func(raw *json.RawMessage) error {
		part.AddOf(apiVersion, one.kind, *raw, chain.Place{})
		return nil
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.snapshot.Merge(&part)
	return err
}

// found notes that a namespace was read, though not all of them may be.
func (r *reading) found(one resource, namespace string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.snapshot.Missing {
		if m := &r.snapshot.Missing[i]; m.Resource == one.name() && m.Namespace == "" && namespace != "" {
			m.Except = append(m.Except, namespace)
		}
	}
}

// miss notes what could not be read.
func (r *reading) miss(one resource, namespace string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := chain.Missing{Resource: one.name(), Namespace: namespace, Kind: one.kind, Reason: err.Error(), Forbidden: apierrors.IsForbidden(err)}
	if !slices.ContainsFunc(r.snapshot.Missing, func(o chain.Missing) bool {
		return o.Resource == m.Resource && o.Namespace == m.Namespace
	}) {
		r.snapshot.Missing = append(r.snapshot.Missing, m)
	}
}

// crds reads the definitions of the groups that matter: there may be hundreds of
// others, which are large.
func (r *reading) crds(ctx context.Context) error {
	one := resource{group: "apiextensions.k8s.io", plural: "customresourcedefinitions", kind: "CustomResourceDefinition", clusterWide: true}
	if len(one.candidates(r.snapshot.Groups)) == 0 {
		return nil
	}
	version := one.candidates(r.snapshot.Groups)[0]
	gvr := schema.GroupVersionResource{Group: one.group, Version: version, Resource: one.plural}
	for _, i := range issuance() {
		if r.snapshot.Groups[i.group] == nil {
			continue
		}
		raw, err := kube.ObjectsOf[json.RawMessage](r.cluster, gvr, "").Get(ctx, i.plural+"."+i.group)
		switch {
		case apierrors.IsNotFound(err):
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			r.miss(one, "", fmt.Errorf("%w", err))
			return nil
		default:
			r.snapshot.AddOf(one.group+"/"+version, one.kind, *raw, chain.Place{})
		}
	}
	return nil
}
