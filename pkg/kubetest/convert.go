package kubetest

import (
	"fmt"
	"io"
	"mime"
	"net/http"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/json"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"sigs.k8s.io/yaml"
)

// newScheme knows the Go types of the built-in kinds: scripts may pass them,
// clients may send them as protobuf, and strategic merge needs their tags.
func newScheme() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, policyv1.AddToScheme, coordinationv1.AddToScheme,
		discoveryv1.AddToScheme, networkingv1.AddToScheme, authorizationv1.AddToScheme, autoscalingv2.AddToScheme,
	} {
		utilruntime.Must(add(s))
	}
	return s
}

// toMap gives obj, typed or unstructured, as JSON-like data of its own, with
// apiVersion and kind set. Kinds that the scheme does not know need their
// TypeMeta.
func (s *Server) toMap(obj runtime.Object) (map[string]any, schema.GroupVersionKind, error) {
	if u, ok := obj.(*unstructured.Unstructured); ok {
		if u.GetKind() == "" || u.GetAPIVersion() == "" {
			return nil, schema.GroupVersionKind{}, fmt.Errorf("object %q has no apiVersion or kind", u.GetName())
		}
		// Scripts may put Go ints and structs in; JSON makes them plain.
		data, err := normalize(u.Object)
		return data, u.GroupVersionKind(), err
	}
	gvk := obj.GetObjectKind().GroupVersionKind()
	if gvk.Empty() {
		kinds, _, err := s.scheme.ObjectKinds(obj)
		if err != nil {
			return nil, gvk, err
		}
		gvk = kinds[0]
	}
	data, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
	if err != nil {
		return nil, gvk, err
	}
	data["apiVersion"], data["kind"] = gvk.GroupVersion().String(), gvk.Kind
	return data, gvk, nil
}

func normalize(in map[string]any) (map[string]any, error) {
	raw, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(raw, &out)
}

// fromMap fills a typed object.
func fromMap(data map[string]any, into runtime.Object) error {
	if u, ok := into.(*unstructured.Unstructured); ok {
		u.Object = runtime.DeepCopyJSON(data)
		return nil
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(data, into)
}

// maxBody is how many bytes a request may send, as kube-apiserver
// (MaxRequestBodyBytes).
const maxBody = 3 << 20

func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		return nil, apierrors.NewRequestEntityTooLargeError(fmt.Sprintf("limit is %d", maxBody))
	}
	return body, nil
}

// decodeBody reads an object from a request: JSON, YAML or, for the built-in
// kinds, protobuf. An empty body is nil.
func (s *Server) decodeBody(r *http.Request) (map[string]any, error) {
	body, err := readBody(r)
	if err != nil || len(body) == 0 {
		return nil, err
	}
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch mediaType {
	case "application/vnd.kubernetes.protobuf":
		obj, gvk, err := protobuf.NewSerializer(s.scheme, s.scheme).Decode(body, nil, nil)
		if err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		obj.GetObjectKind().SetGroupVersionKind(*gvk)
		data, _, err := s.toMap(obj)
		return data, err
	case "application/json", "application/yaml", "":
		var data map[string]any
		raw, err := yaml.YAMLToJSON(body)
		if err == nil {
			err = json.Unmarshal(raw, &data)
		}
		if err != nil {
			return nil, apierrors.NewBadRequest(fmt.Sprintf("couldn't get version/kind; json parse error: %v", err))
		}
		return data, nil
	}
	return nil, unsupportedMediaType(mediaType)
}

func unsupportedMediaType(mediaType string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusUnsupportedMediaType, Reason: metav1.StatusReasonUnsupportedMediaType,
		Message: fmt.Sprintf("the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf (got %q)", mediaType),
	}}
}
