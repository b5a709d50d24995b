package kubetest

import (
	"fmt"
	"mime"
	"net/http"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

const (
	jsonPatchType      = "application/json-patch+json"
	mergePatchType     = "application/merge-patch+json"
	strategicPatchType = "application/strategic-merge-patch+json"
	applyPatchType     = "application/apply-patch+yaml"
)

// servePatch changes an object by a patch, or makes one by an apply patch.
func (s *Server) servePatch(r *http.Request, e *edit) (*object, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case applyPatchType:
		if body, err = yaml.YAMLToJSON(body); err != nil {
			return nil, apierrors.NewBadRequest(fmt.Sprintf("error decoding YAML: %v", err))
		}
		if e.query.Get("fieldManager") == "" {
			return nil, apierrors.NewBadRequest("PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch")
		}
	case jsonPatchType, mergePatchType, strategicPatchType:
	default:
		return nil, unsupportedMediaType(kind)
	}
	if kind == applyPatchType {
		if err := s.checkNamespace(e); err != nil {
			return nil, err
		}
	}
	return s.commit(e, e.name, func(old *object) (map[string]any, error) {
		if old == nil {
			if kind != applyPatchType {
				return nil, apierrors.NewNotFound(e.t.gr(), e.name)
			}
			return s.applyNew(e, body)
		}
		var data map[string]any
		var err error
		if kind == applyPatchType {
			data, err = s.applied(e, old, body)
		} else {
			data, err = s.patched(e.t, old, kind, body)
		}
		if err != nil {
			return nil, err
		}
		if err := e.place(data); err != nil {
			return nil, err
		}
		if err := s.checkFields(e, data); err != nil {
			return nil, err
		}
		// Unlike an update's, a patch's uid is no precondition but a change
		// (ValidateObjectMetaUpdate in apimachinery).
		if uid := text(metaOf(data), "uid"); uid != old.uid {
			return nil, apierrors.NewInvalid(e.t.gvk().GroupKind(), e.name, field.ErrorList{
				field.Invalid(field.NewPath("metadata", "uid"), uid, "field is immutable")})
		}
		// A patch without a resource version is made on whatever there is.
		data, err = e.settle(old, data)
		if err != nil || data == nil || kind == applyPatchType {
			return data, err
		}
		return s.owners.track(e, old, data, managerOf(e.query.Get("fieldManager"), r.UserAgent()))
	})
}

// applied is old, nil for none, with an apply patch.
func (s *Server) applied(e *edit, old *object, body []byte) (map[string]any, error) {
	patch := map[string]any{}
	if err := json.Unmarshal(body, &patch); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if err := e.place(patch); err != nil {
		return nil, err
	}
	if err := s.checkFields(e, patch); err != nil {
		return nil, err
	}
	if at(patch, "metadata", "managedFields") != nil {
		return nil, apierrors.NewBadRequest("metadata.managedFields must be nil")
	}
	metaOf(patch)["name"] = e.name
	return s.owners.apply(e.t, old, patch, e.query.Get("fieldManager"), isTrue(e.query.Get("force")))
}

// applyNew is the object that an apply patch creates.
func (s *Server) applyNew(e *edit, body []byte) (map[string]any, error) {
	data, err := s.applied(e, nil, body)
	if err != nil {
		return nil, err
	}
	meta := metaOf(data)
	fillMeta(meta)
	setDefaults(e.t, data)
	if at(data, "spec") != nil {
		meta["generation"] = int64(1)
	}
	e.code = http.StatusCreated
	return data, nil
}

// patched is the old object with the patch applied.
func (s *Server) patched(t *table, old *object, kind string, patch []byte) (map[string]any, error) {
	var out []byte
	var err error
	switch kind {
	case jsonPatchType:
		var p jsonpatch.Patch
		if p, err = jsonpatch.DecodePatch(patch); err == nil {
			out, err = p.Apply(old.json)
		}
		if err != nil {
			return nil, apierrors.NewGenericServerResponse(http.StatusUnprocessableEntity, "", t.gr(), old.name, err.Error(), 0, false)
		}
	case strategicPatchType:
		if !t.builtin {
			return nil, unsupportedMediaType(kind)
		}
		out, err = s.strategic(t, old, patch)
	default:
		out, err = jsonpatch.MergePatch(old.json, patch)
	}
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	var data map[string]any
	if err := json.Unmarshal(out, &data); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return data, nil
}

// strategic merges lists by their keys, as the Go type's tags say; kinds
// without a Go type here are merged simply.
func (s *Server) strategic(t *table, old *object, patch []byte) ([]byte, error) {
	if !s.scheme.Recognizes(t.gvk()) {
		return jsonpatch.MergePatch(old.json, patch)
	}
	typed, err := s.scheme.New(t.gvk())
	if err != nil {
		return nil, err
	}
	return strategicpatch.StrategicMergePatch(old.json, patch, typed)
}
