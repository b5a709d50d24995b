package kubetest

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The methods here are the script's hand on the objects. Nothing is forbidden
// to it: it may set status, creationTimestamp and uid, and faults and rules are
// not for it. Watches see what it does. Objects may be typed or unstructured.

// Create stores new objects, in order. It fills in uid, resourceVersion and
// creationTimestamp where they are not given, and makes a pod's namespace that
// is missing. The error is AlreadyExists, or about a kind that is not served.
func (s *Server) Create(objs ...runtime.Object) error {
	return s.each(objs, func(t *table, data map[string]any) (*object, error) {
		return s.create(t, data)
	})
}

// Update replaces objects that exist, in order; uid and creationTimestamp are
// kept, resourceVersions are not compared. The error is NotFound.
func (s *Server) Update(objs ...runtime.Object) error {
	return s.each(objs, func(t *table, data map[string]any) (*object, error) {
		return s.replace(t, data, false)
	})
}

// Apply stores objects, in order, whether they exist or not.
func (s *Server) Apply(objs ...runtime.Object) error {
	return s.each(objs, func(t *table, data map[string]any) (*object, error) {
		return s.replace(t, data, true)
	})
}

// Delete removes an object for good: no grace period, no finalizers; what it
// owns goes too. The error is NotFound.
func (s *Server) Delete(obj runtime.Object) error {
	return s.each([]runtime.Object{obj}, func(t *table, data map[string]any) (*object, error) {
		return nil, s.remove(t, text(data, "metadata", "namespace"), text(data, "metadata", "name"))
	})
}

// DeleteByName is Delete for an object that is known by name. namespace is ""
// for cluster-wide kinds.
func (s *Server) DeleteByName(gvr schema.GroupVersionResource, namespace, name string) error {
	t := s.store.table(gvr)
	if t == nil {
		return fmt.Errorf("kubetest: %s is not served", gvr)
	}
	return s.remove(t, namespace, name)
}

// DeletePod removes a pod at once: its log streams end, it is 404 from now on.
func (s *Server) DeletePod(namespace, name string) error {
	return s.DeleteByName(coreGVR("pods"), namespace, name)
}

// Get returns a copy of an object. The error is NotFound.
func (s *Server) Get(gvr schema.GroupVersionResource, namespace, name string) (*unstructured.Unstructured, error) {
	t := s.store.table(gvr)
	if t == nil {
		return nil, fmt.Errorf("kubetest: %s is not served", gvr)
	}
	o := s.store.get(t, namespace, name)
	if o == nil {
		return nil, apierrors.NewNotFound(t.gr(), name)
	}
	return &unstructured.Unstructured{Object: runtime.DeepCopyJSON(o.data)}, nil
}

// Load fills into, a typed or unstructured object that has its name (and
// namespace) set, with what is stored. The error is NotFound.
func (s *Server) Load(into runtime.Object) error {
	return s.each([]runtime.Object{into}, func(t *table, data map[string]any) (*object, error) {
		name := text(data, "metadata", "name")
		o := s.store.get(t, text(data, "metadata", "namespace"), name)
		if o == nil {
			return nil, apierrors.NewNotFound(t.gr(), name)
		}
		return o, nil
	})
}

// List returns copies of all objects of a resource in a namespace ("" is all),
// by namespace and name.
func (s *Server) List(gvr schema.GroupVersionResource, namespace string) ([]unstructured.Unstructured, error) {
	t := s.store.table(gvr)
	if t == nil {
		return nil, fmt.Errorf("kubetest: %s is not served", gvr)
	}
	objects, _ := s.store.list(t, namespace)
	out := make([]unstructured.Unstructured, len(objects))
	for i, o := range objects {
		out[i].Object = runtime.DeepCopyJSON(o.data)
	}
	return out, nil
}

// GetPod returns a copy of a pod. The error is NotFound.
func (s *Server) GetPod(namespace, name string) (*corev1.Pod, error) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	return pod, s.Load(pod)
}

// EditPod changes a pod atomically: edit gets a copy that is stored afterwards.
// The error is NotFound.
func (s *Server) EditPod(namespace, name string, edit func(*corev1.Pod)) error {
	t := s.pods()
	_, err := s.store.write(t, namespace, name, func(old *object) (map[string]any, bool, error) {
		if old == nil {
			return nil, false, apierrors.NewNotFound(t.gr(), name)
		}
		pod := &corev1.Pod{}
		if err := fromMap(old.data, pod); err != nil {
			return nil, false, err
		}
		edit(pod)
		data, _, err := s.toMap(pod)
		return data, false, err
	})
	return err
}

// ResourceVersion is the revision of the last write, as lists show it.
func (s *Server) ResourceVersion() string { return sprintf("%d", s.store.revision()) }

// each does something with objects, one after the other, and writes the result
// back into the caller's objects, as clients do: uid and resourceVersion are
// there afterwards.
func (s *Server) each(objs []runtime.Object, do func(*table, map[string]any) (*object, error)) error {
	for _, obj := range objs {
		data, gvk, err := s.toMap(obj)
		if err != nil {
			return fmt.Errorf("kubetest: %w", err)
		}
		t := s.store.tableOfKind(gvk)
		if t == nil {
			return fmt.Errorf("kubetest: kind %s is not served; AddResource makes it", gvk)
		}
		meta := metaOf(data)
		if !t.Namespaced {
			delete(meta, "namespace")
		} else if text(meta, "namespace") == "" {
			meta["namespace"] = "default"
		}
		stored, err := do(t, data)
		if err != nil {
			return err
		}
		if stored != nil {
			if err := fromMap(stored.data, obj); err != nil {
				return fmt.Errorf("kubetest: %w", err)
			}
		}
	}
	return nil
}

func (s *Server) create(t *table, data map[string]any) (*object, error) {
	meta := metaOf(data)
	if ns := text(meta, "namespace"); ns != "" {
		s.ensureNamespace(ns)
	}
	fillMeta(meta)
	return s.store.write(t, text(meta, "namespace"), text(meta, "name"), func(old *object) (map[string]any, bool, error) {
		if old != nil {
			return nil, false, apierrors.NewAlreadyExists(t.gr(), old.name)
		}
		return data, false, nil
	})
}

func (s *Server) replace(t *table, data map[string]any, orCreate bool) (*object, error) {
	meta := metaOf(data)
	if ns := text(meta, "namespace"); ns != "" && orCreate {
		s.ensureNamespace(ns)
	}
	name := text(meta, "name")
	return s.store.write(t, text(meta, "namespace"), name, func(old *object) (map[string]any, bool, error) {
		switch {
		case old == nil && !orCreate:
			return nil, false, apierrors.NewNotFound(t.gr(), name)
		case old != nil:
			for _, key := range []string{"uid", "creationTimestamp"} {
				if v, _ := meta[key].(string); v == "" {
					meta[key] = metaOf(old.data)[key]
				}
			}
		}
		fillMeta(meta)
		return data, false, nil
	})
}

// remove takes an object and what it owns out of the store.
func (s *Server) remove(t *table, namespace, name string) error {
	o, err := s.store.write(t, namespace, name, func(old *object) (map[string]any, bool, error) {
		if old == nil {
			return nil, false, apierrors.NewNotFound(t.gr(), name)
		}
		return nil, false, nil
	})
	if err != nil {
		return err
	}
	s.collect(o)
	return nil
}

// fillMeta gives a new object what the API server gives it.
func fillMeta(meta map[string]any) {
	if prefix := text(meta, "generateName"); text(meta, "name") == "" && prefix != "" {
		meta["name"] = prefix + nameSuffix()
	}
	if text(meta, "uid") == "" {
		meta["uid"] = newUID()
	}
	if text(meta, "creationTimestamp") == "" {
		meta["creationTimestamp"] = now()
	}
}

// nameSuffix is five random letters and digits, of those that Kubernetes uses.
func nameSuffix() string {
	const letters = "bcdfghjklmnpqrstvwxz2456789"
	raw := []byte(randomHex(5))
	out := make([]byte, 5)
	for i := range out {
		out[i] = letters[(int(raw[2*i])*16+int(raw[2*i+1]))%len(letters)]
	}
	return string(out)
}

// ensureNamespace makes a namespace that is missing.
func (s *Server) ensureNamespace(name string) {
	t := s.store.table(coreGVR("namespaces"))
	if s.store.get(t, "", name) != nil {
		return
	}
	ns := &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelMetadataName: name}},
		Spec:       corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{corev1.FinalizerKubernetes}},
		Status:     corev1.NamespaceStatus{Phase: corev1.NamespaceActive},
	}
	if err := s.Apply(ns); err != nil {
		panic(err) // a constant object of a built-in kind
	}
}

// collect removes what an object that is gone owned, as the garbage collector
// does, and what was in it if it was a namespace.
func (s *Server) collect(gone *object) {
	if gone == nil {
		return
	}
	namespace := ""
	if text(gone.data, "kind") == "Namespace" && text(gone.data, "apiVersion") == "v1" {
		namespace = gone.name
	}
	for _, r := range s.store.resources() {
		t := s.store.table(r.gvr())
		objects, _ := s.store.list(t, "")
		for _, o := range objects {
			if (namespace != "" && o.namespace == namespace) || ownedBy(o, gone.uid) {
				// Another deletion may have been quicker.
				if err := s.remove(t, o.namespace, o.name); err != nil && !isNotFound(err) {
					s.Must(err)
				}
			}
		}
	}
}

func ownedBy(o *object, uid string) bool {
	owners, _ := metaOfStored(o)["ownerReferences"].([]any)
	for _, owner := range owners {
		if m, ok := owner.(map[string]any); ok && text(m, "uid") == uid {
			return true
		}
	}
	return false
}

// metaOfStored is the metadata of a stored object; it must not be changed.
func metaOfStored(o *object) map[string]any {
	meta, _ := o.data["metadata"].(map[string]any)
	return meta
}
