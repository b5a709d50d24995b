package kube

import (
	"net/http"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/gentype"
	"k8s.io/client-go/rest"
)

// Pods returns the typed pods of a namespace ("" for all).
func (c *Cluster) Pods(namespace string) *gentype.ClientWithList[*corev1.Pod, *corev1.PodList] {
	return resource(c, c.core, "pods", namespace,
		func() *corev1.Pod { return &corev1.Pod{} }, func() *corev1.PodList { return &corev1.PodList{} })
}

// Services returns the typed services of a namespace ("" for all).
func (c *Cluster) Services(namespace string) *gentype.ClientWithList[*corev1.Service, *corev1.ServiceList] {
	return resource(c, c.core, "services", namespace,
		func() *corev1.Service { return &corev1.Service{} }, func() *corev1.ServiceList { return &corev1.ServiceList{} })
}

// Namespaces returns the cluster's namespaces.
func (c *Cluster) Namespaces() *gentype.ClientWithList[*corev1.Namespace, *corev1.NamespaceList] {
	return resource(c, c.core, "namespaces", "",
		func() *corev1.Namespace { return &corev1.Namespace{} }, func() *corev1.NamespaceList { return &corev1.NamespaceList{} })
}

// Nodes returns the cluster's nodes.
func (c *Cluster) Nodes() *gentype.ClientWithList[*corev1.Node, *corev1.NodeList] {
	return resource(c, c.core, "nodes", "",
		func() *corev1.Node { return &corev1.Node{} }, func() *corev1.NodeList { return &corev1.NodeList{} })
}

// Jobs returns the typed jobs of a namespace ("" for all).
func (c *Cluster) Jobs(namespace string) *gentype.ClientWithList[*batchv1.Job, *batchv1.JobList] {
	return resource(c, c.batch, "jobs", namespace,
		func() *batchv1.Job { return &batchv1.Job{} }, func() *batchv1.JobList { return &batchv1.JobList{} })
}

// objectWithMeta is gentype's constraint, which it does not export.
type objectWithMeta interface {
	runtime.Object
	metav1.Object
}

func resource[T objectWithMeta, L runtime.Object](c *Cluster, client rest.Interface, plural, namespace string, one func() T, many func() L) *gentype.ClientWithList[T, L] {
	return gentype.NewClientWithList[T, L](plural, client, c.wire.params, namespace, one, many)
}

// restClient is a client of one API group at v1.
func (w wire) restClient(config *rest.Config, prefix, group string) (rest.Interface, error) {
	return rest.RESTClientFor(w.groupConfig(config, prefix, group))
}

// restClientWith is restClient over a given transport.
func (w wire) restClientWith(config *rest.Config, prefix, group string, client *http.Client) (rest.Interface, error) {
	return rest.RESTClientForConfigAndClient(w.groupConfig(config, prefix, group), client)
}

func (w wire) groupConfig(config *rest.Config, prefix, group string) *rest.Config {
	c := rest.CopyConfig(config)
	c.APIPath = prefix
	c.GroupVersion = &schema.GroupVersion{Group: group, Version: "v1"}
	c.NegotiatedSerializer = w.codecs.WithoutConversion()
	return c
}
