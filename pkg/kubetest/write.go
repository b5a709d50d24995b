package kubetest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// edit is one write that came over HTTP.
type edit struct {
	call
	t      *table
	dryRun bool
	query  url.Values
	result *object // of a dry run
	code   int
}

func (s *Server) serveWrite(w http.ResponseWriter, r *http.Request, c call, t *table) {
	e := &edit{call: c, t: t, query: r.URL.Query(), code: http.StatusOK}
	e.dryRun = slices.Contains(e.query["dryRun"], metav1.DryRunAll)
	var o *object
	var err error
	switch c.verb {
	case "create":
		o, err = s.serveCreate(r, e)
	case "update":
		o, err = s.serveUpdate(r, e)
	case "patch":
		o, err = s.servePatch(r, e)
	case "delete":
		s.serveDelete(w, r, e)
		return
	default:
		s.serveDeleteCollection(w, r, e)
		return
	}
	if err != nil {
		writeError(w, err)
		return
	}
	if e.result != nil {
		o = e.result
	}
	s.answer(w, r, e.code, t.Resource, o)
}

// commit stores what f makes of the present object, or, in a dry run, only
// shows it.
func (s *Server) commit(e *edit, name string, f func(old *object) (map[string]any, error)) (*object, error) {
	return s.store.write(e.t, e.namespace, name, func(old *object) (map[string]any, bool, error) {
		data, err := f(old)
		if err != nil {
			return nil, false, err
		}
		if data != nil && old != nil && sameContent(old, data) {
			e.result = old
			return nil, true, nil // a write that changes nothing is none
		}
		if !e.dryRun {
			return data, false, nil
		}
		if data == nil {
			e.result = old
			return nil, true, nil
		}
		rev := uint64(0)
		if old != nil {
			rev = old.rev
		}
		e.result, err = newObject(data, rev)
		return nil, true, err
	})
}

// sameContent says whether data, once stored, would be what is there.
func sameContent(old *object, data map[string]any) bool {
	meta := metaOf(data)
	meta["resourceVersion"] = metaOfStored(old)["resourceVersion"]
	if fresh := meta["managedFields"]; fresh != nil && sameOwners(metaOfStored(old)["managedFields"], fresh) {
		// That somebody applied the same again is not noted.
		meta["managedFields"] = metaOfStored(old)["managedFields"]
		defer func() { meta["managedFields"] = fresh }()
	}
	raw, _, err := encodeObject(data)
	return err == nil && bytes.Equal(raw, old.json)
}

func (s *Server) serveCreate(r *http.Request, e *edit) (*object, error) {
	if e.name != "" {
		return nil, methodNotAllowed(e.t, "create")
	}
	data, err := s.body(r, e)
	if err != nil {
		return nil, err
	}
	meta := metaOf(data)
	if text(meta, "resourceVersion") != "" {
		return nil, apierrors.NewBadRequest("resourceVersion should not be set on objects to be created")
	}
	if err := s.checkNamespace(e); err != nil {
		return nil, err
	}
	for _, key := range []string{"uid", "creationTimestamp", "deletionTimestamp"} {
		delete(meta, key)
	}
	fillMeta(meta)
	name := text(meta, "name")
	if name == "" {
		return nil, apierrors.NewInvalid(e.t.gvk().GroupKind(), "", field.ErrorList{
			field.Required(field.NewPath("metadata", "name"), "name or generateName is required")})
	}
	setDefaults(e.t, data)
	if at(data, "spec") != nil {
		meta["generation"] = int64(1)
	}
	e.code = http.StatusCreated
	return s.commit(e, name, func(old *object) (map[string]any, error) {
		if old != nil {
			return nil, apierrors.NewAlreadyExists(e.t.gr(), name)
		}
		return data, nil
	})
}

// checkNamespace refuses objects in a namespace that does not exist.
func (s *Server) checkNamespace(e *edit) error {
	if e.namespace == "" || s.store.get(s.store.table(coreGVR("namespaces")), "", e.namespace) != nil {
		return nil
	}
	return apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, e.namespace)
}

// setDefaults fills in what the API server would: no status but the initial
// one, and the few defaults of spec that clients look at.
func setDefaults(t *table, data map[string]any) {
	if t.Status {
		delete(data, "status")
	}
	switch {
	case t.Group == "" && t.Kind == "Pod":
		data["status"] = map[string]any{"phase": "Pending", "qosClass": "BestEffort"}
		if spec, ok := data["spec"].(map[string]any); ok {
			for key, v := range map[string]any{"restartPolicy": "Always", "terminationGracePeriodSeconds": int64(30),
				"schedulerName": "default-scheduler", "dnsPolicy": "ClusterFirst", "serviceAccountName": "default"} {
				if spec[key] == nil {
					spec[key] = v
				}
			}
		}
	case t.Group == "" && t.Kind == "Namespace":
		data["status"] = map[string]any{"phase": "Active"}
	case t.Group == "" && t.Kind == "Secret":
		mergeStringData(data)
		if data["type"] == nil {
			data["type"] = "Opaque"
		}
	}
}

// mergeStringData moves a Secret's write-only stringData into data.
func mergeStringData(secret map[string]any) {
	plain, _ := secret["stringData"].(map[string]any)
	delete(secret, "stringData")
	if len(plain) == 0 {
		return
	}
	data, _ := secret["data"].(map[string]any)
	if data == nil {
		data = map[string]any{}
		secret["data"] = data
	}
	for key := range plain {
		data[key] = base64.StdEncoding.EncodeToString([]byte(text(plain, key)))
	}
}

func (s *Server) serveUpdate(r *http.Request, e *edit) (*object, error) {
	data, err := s.body(r, e)
	if err != nil {
		return nil, err
	}
	if name := text(metaOf(data), "name"); name != e.name {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", name, e.name))
	}
	return s.commit(e, e.name, func(old *object) (map[string]any, error) {
		if old == nil {
			return nil, apierrors.NewNotFound(e.t.gr(), e.name)
		}
		if text(metaOf(data), "resourceVersion") == "" && !e.t.builtin {
			return nil, apierrors.NewInvalid(e.t.gvk().GroupKind(), e.name, field.ErrorList{
				field.Invalid(field.NewPath("metadata", "resourceVersion"), 0, "must be specified for an update")})
		}
		data, err := e.settle(old, data)
		if err != nil || data == nil {
			return data, err
		}
		return s.owners.track(e, old, data, managerOf(e.query.Get("fieldManager"), r.UserAgent()))
	})
}

// body reads the object of a create or update and checks that it is of the
// URL's kind and namespace.
func (s *Server) body(r *http.Request, e *edit) (map[string]any, error) {
	data, err := s.decodeBody(r)
	if err != nil {
		return nil, err
	}
	if data == nil {
		return nil, apierrors.NewBadRequest("the body of the request is empty")
	}
	if err := e.place(data); err != nil {
		return nil, err
	}
	return data, s.checkFields(e, data)
}

// place sets data's kind and namespace by the URL; the error is 400 if they say
// something else.
func (e *edit) place(data map[string]any) error {
	want, kind := e.t.apiVersion(), e.t.Kind
	if v := text(data, "apiVersion"); v != "" && v != want {
		return apierrors.NewBadRequest(fmt.Sprintf("the API version in the data (%s) does not match the expected API version (%s)", v, want))
	}
	if k := text(data, "kind"); k != "" && k != kind {
		return apierrors.NewBadRequest(fmt.Sprintf("%s in version %q cannot be handled as a %s: no kind %q is registered for the internal version of group %q",
			k, e.t.Version, kind, k, e.t.Group))
	}
	data["apiVersion"], data["kind"] = want, kind
	meta := metaOf(data)
	if ns := text(meta, "namespace"); ns != "" && ns != e.namespace {
		return apierrors.NewBadRequest("the namespace of the provided object does not match the namespace sent on the request")
	}
	delete(meta, "namespace")
	if e.namespace != "" {
		meta["namespace"] = e.namespace
	}
	return nil
}

func methodNotAllowed(t *table, action string) error {
	return apierrors.NewMethodNotSupported(t.gr(), action)
}
