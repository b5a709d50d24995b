package kube

import (
	"context"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
)

// compact asks for protobuf, in which a list of pods is decoded several times quicker.
const compact = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON

// Resource is the typed objects of one API resource in a namespace.
//
// client-go's gentype would do the same, but it shares a package with its own
// fakes, and with them links 2 MB of field management and OpenAPI.
type Resource[T, L runtime.Object] struct {
	client    rest.Interface
	params    runtime.ParameterCodec
	plural    string
	namespace string
	object    func() T
	list      func() L
}

// Get reads one object. The error is the API's status.
func (r Resource[T, L]) Get(ctx context.Context, name string) (T, error) {
	object := r.object()
	err := r.get().SetHeader("Accept", compact).Name(name).Do(ctx).Into(object)
	return object, err
}

// List reads the objects that opts select, or one page of them.
func (r Resource[T, L]) List(ctx context.Context, opts metav1.ListOptions) (L, error) {
	list := r.list()
	err := r.get().SetHeader("Accept", compact).VersionedParams(&opts, r.params).Do(ctx).Into(list)
	return list, err
}

// Watch streams changes of the objects that opts select.
func (r Resource[T, L]) Watch(ctx context.Context, opts metav1.ListOptions) (watch.Interface, error) {
	opts.Watch = true
	return r.get().VersionedParams(&opts, r.params).Watch(ctx)
}

// Patch changes an object and returns it as stored. The error is the API's status.
func (r Resource[T, L]) Patch(ctx context.Context, name string, kind types.PatchType, patch []byte, opts metav1.PatchOptions) (T, error) {
	object := r.object()
	err := r.scoped(r.client.Patch(kind)).Name(name).VersionedParams(&opts, r.params).Body(patch).Do(ctx).Into(object)
	return object, err
}

// Delete removes an object, under the preconditions of opts. The error is the
// API's status.
func (r Resource[T, L]) Delete(ctx context.Context, name string, opts metav1.DeleteOptions) error {
	return r.scoped(r.client.Delete()).Name(name).Body(&opts).Do(ctx).Error()
}

func (r Resource[T, L]) get() *rest.Request { return r.scoped(r.client.Get()) }

func (r Resource[T, L]) scoped(request *rest.Request) *rest.Request {
	return request.NamespaceIfScoped(r.namespace, r.namespace != "").Resource(r.plural)
}

// Pods returns the typed pods of a namespace ("" for all).
func (c *Cluster) Pods(namespace string) Resource[*corev1.Pod, *corev1.PodList] {
	return c.pods(c.core, namespace)
}

// pods is Pods over one of the cluster's clients.
func (c *Cluster) pods(client rest.Interface, namespace string) Resource[*corev1.Pod, *corev1.PodList] {
	return Resource[*corev1.Pod, *corev1.PodList]{client, c.wire.params, "pods", namespace,
		func() *corev1.Pod { return &corev1.Pod{} }, func() *corev1.PodList { return &corev1.PodList{} }}
}

// Services returns the typed services of a namespace ("" for all).
func (c *Cluster) Services(namespace string) Resource[*corev1.Service, *corev1.ServiceList] {
	return Resource[*corev1.Service, *corev1.ServiceList]{c.core, c.wire.params, "services", namespace,
		func() *corev1.Service { return &corev1.Service{} }, func() *corev1.ServiceList { return &corev1.ServiceList{} }}
}

// Nodes returns the cluster's nodes.
func (c *Cluster) Nodes() Resource[*corev1.Node, *corev1.NodeList] {
	return Resource[*corev1.Node, *corev1.NodeList]{c.core, c.wire.params, "nodes", "",
		func() *corev1.Node { return &corev1.Node{} }, func() *corev1.NodeList { return &corev1.NodeList{} }}
}

// Namespaces returns the cluster's namespaces.
func (c *Cluster) Namespaces() Resource[*corev1.Namespace, *corev1.NamespaceList] {
	return Resource[*corev1.Namespace, *corev1.NamespaceList]{c.core, c.wire.params, "namespaces", "",
		func() *corev1.Namespace { return &corev1.Namespace{} }, func() *corev1.NamespaceList { return &corev1.NamespaceList{} }}
}

// restClient is a client of the core group at v1, over a given transport where
// client is not nil.
func (w wire) restClient(config *rest.Config, client *http.Client) (rest.Interface, error) {
	c := rest.CopyConfig(config)
	c.APIPath = "/api"
	c.GroupVersion = &schema.GroupVersion{Version: "v1"}
	c.NegotiatedSerializer = w.codecs.WithoutConversion()
	if client == nil {
		return rest.RESTClientFor(c)
	}
	return rest.RESTClientForConfigAndClient(c, client)
}
