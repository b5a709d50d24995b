package kubetest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
)

// ownership knows who owns which fields of objects: what the API server itself uses
// for server-side apply, with the schemas that client-go has. It keeps count only of
// objects that have been applied; others have no managedFields.
type ownership struct {
	scheme *runtime.Scheme
	// Of the kinds that the scheme has.
	builtin func() managedfields.TypeConverter
}

func newOwnership(scheme *runtime.Scheme) *ownership {
	return &ownership{scheme: scheme, builtin: sync.OnceValue(func() managedfields.TypeConverter { return schemas(scheme) })}
}

// of is the manager of a kind's fields. Lists of kinds without a Go type here have one
// owner each.
func (o *ownership) of(t *table, subresource string) (*managedfields.FieldManager, error) {
	converter := managedfields.NewDeducedTypeConverter()
	if o.scheme.Recognizes(t.gvk()) {
		converter = o.builtin()
	}
	return managedfields.NewDefaultFieldManager(converter, oneVersion{}, noDefaults{}, empties{}, t.gvk(), t.gvk().GroupVersion(), subresource, nil)
}

// apply is old, nil for none, with what a manager applies. The error is a conflict
// where another owns a field with another value, unless the manager forces its own.
func (o *ownership) apply(t *table, old *object, patch map[string]any, manager string, force bool) (map[string]any, error) {
	fields, err := o.of(t, "")
	if err != nil {
		return nil, err
	}
	live, err := empties{}.New(t.gvk())
	if err != nil {
		return nil, err
	}
	if old != nil {
		live = &unstructured.Unstructured{Object: copyForWrite(old)}
	}
	out, err := fields.Apply(live, &unstructured.Unstructured{Object: patch}, manager, force)
	if err != nil {
		return nil, err
	}
	return plain(out)
}

// track notes what a manager has changed otherwise than by apply.
func (o *ownership) track(e *edit, old *object, data map[string]any, manager string) (map[string]any, error) {
	if at(old.data, "metadata", "managedFields") == nil {
		return data, nil
	}
	fields, err := o.of(e.t, e.subresource)
	if err != nil {
		return nil, err
	}
	out := fields.UpdateNoErrors(&unstructured.Unstructured{Object: copyForWrite(old)}, &unstructured.Unstructured{Object: data}, manager)
	return plain(out)
}

// sameOwners reports whether managedFields differ in nothing but times.
func sameOwners(a, b any) bool {
	x, ok := a.([]any)
	y, also := b.([]any)
	return ok && also && slices.EqualFunc(x, y, func(a, b any) bool { return sameJSON(timeless(a), timeless(b)) })
}

func timeless(entry any) any {
	m, ok := entry.(map[string]any)
	if !ok {
		return entry
	}
	m = maps.Clone(m)
	delete(m, "time")
	return m
}

// plain is an object as the store has it, with JSON's types only.
func plain(o runtime.Object) (map[string]any, error) {
	raw, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	u := &unstructured.Unstructured{}
	err = u.UnmarshalJSON(raw)
	return u.Object, err
}

// managerOf is who writes: what the request says, or else the program's name.
func managerOf(fieldManager, userAgent string) string {
	if fieldManager != "" {
		return fieldManager
	}
	name, _, _ := strings.Cut(userAgent, "/")
	return name
}

// oneVersion converts between the versions of a kind: there is one of each.
type oneVersion struct{}

func (oneVersion) Convert(_, _, _ any) error { return nil }

func (oneVersion) ConvertToVersion(in runtime.Object, _ runtime.GroupVersioner) (runtime.Object, error) {
	return in, nil
}

func (oneVersion) ConvertFieldLabel(_ schema.GroupVersionKind, label, value string) (string, string, error) {
	return label, value, nil
}

type noDefaults struct{}

func (noDefaults) Default(runtime.Object) {}

// empties makes objects without any field.
type empties struct{}

func (empties) New(kind schema.GroupVersionKind) (runtime.Object, error) {
	u := &unstructured.Unstructured{Object: map[string]any{"metadata": map[string]any{}}}
	u.SetGroupVersionKind(kind)
	return u, nil
}
