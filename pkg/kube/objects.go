package kube

import (
	"context"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// objectPage is how many objects a list request asks for.
const objectPage = 500

// Objects is a resource of any group, served or custom, as Go values of type T: a
// type of k8s.io/api, or a struct with the few fields that are needed. They travel
// as JSON, so that no group's scheme has to be linked.
type Objects[T any] struct {
	cluster   *Cluster
	resource  schema.GroupVersionResource
	namespace string
}

// ObjectsOf returns the objects of a resource in a namespace; "" is all
// namespaces, and right for resources that are in none.
func ObjectsOf[T any](c *Cluster, resource schema.GroupVersionResource, namespace string) Objects[T] {
	return Objects[T]{cluster: c, resource: resource, namespace: namespace}
}

// Each calls do for every object that opts select, in the order of the API, page
// after page. It ends with the first error of do. Other errors are the API's
// status.
func (o Objects[T]) Each(ctx context.Context, opts metav1.ListOptions, do func(*T) error) error {
	if opts.Limit == 0 {
		opts.Limit = objectPage
	}
	for {
		raw, err := body(o.request(o.cluster.core.Get(), "").VersionedParams(&opts, o.cluster.wire.params).Do(ctx))
		if err != nil {
			return err
		}
		var page struct {
			Metadata metav1.ListMeta `json:"metadata"`
			Items    []T             `json:"items"`
		}
		if err := json.Unmarshal(raw, &page); err != nil {
			return fmt.Errorf("list of %s: %w", o.resource.GroupResource(), err)
		}
		for i := range page.Items {
			if err := do(&page.Items[i]); err != nil {
				return err
			}
		}
		if opts.Continue = page.Metadata.Continue; opts.Continue == "" {
			return nil
		}
	}
}

// Get reads one object. The error is the API's status.
func (o Objects[T]) Get(ctx context.Context, name string) (*T, error) {
	return o.object(body(o.request(o.cluster.core.Get(), name).Do(ctx)))
}

// Create makes an object, which must have its kind and apiVersion set, and returns
// it as stored. The error is the API's status.
func (o Objects[T]) Create(ctx context.Context, object *T) (*T, error) {
	return o.write(ctx, o.cluster.core.Post(), "", object)
}

// Update replaces an object. Where object has a resourceVersion that is not the
// stored one, the error is a Conflict.
func (o Objects[T]) Update(ctx context.Context, name string, object *T) (*T, error) {
	return o.write(ctx, o.cluster.core.Put(), name, object)
}

// Delete removes an object, under the preconditions of opts. The error is the
// API's status.
func (o Objects[T]) Delete(ctx context.Context, name string, opts metav1.DeleteOptions) error {
	return o.request(o.cluster.core.Delete(), name).Body(&opts).Do(ctx).Error()
}

func (o Objects[T]) write(ctx context.Context, r *rest.Request, name string, object *T) (*T, error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	return o.object(body(o.request(r, name).SetHeader("Content-Type", "application/json").Body(raw).Do(ctx)))
}

// body is an answer's. Result.Raw and DoRaw would not read the status that an error
// comes with: its text would be "unknown".
func body(r rest.Result) ([]byte, error) {
	raw, _ := r.Raw()
	return raw, r.Error()
}

func (o Objects[T]) object(raw []byte, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	object := new(T)
	if err := json.Unmarshal(raw, object); err != nil {
		return nil, fmt.Errorf("%s: %w", o.resource.GroupResource(), err)
	}
	return object, nil
}

// request is one to the resource, or to the object of that name.
func (o Objects[T]) request(r *rest.Request, name string) *rest.Request {
	path := []string{"/api", o.resource.Version}
	if o.resource.Group != "" {
		path = []string{"/apis", o.resource.Group, o.resource.Version}
	}
	if o.namespace != "" {
		path = append(path, "namespaces", o.namespace)
	}
	path = append(path, o.resource.Resource)
	if name != "" {
		path = append(path, name)
	}
	return r.AbsPath(path...).SetHeader("Accept", "application/json")
}
