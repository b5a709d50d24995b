package kubetest

import (
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	kjson "sigs.k8s.io/json"
)

// checkFields refuses data that does not fit the Go type of its kind: values of
// the wrong type always, unknown and duplicate fields with
// fieldValidation=Strict. Kinds without a Go type here hold anything. Beyond
// types nothing is validated.
func (s *Server) checkFields(e *edit, data map[string]any) error {
	if !s.scheme.Recognizes(e.t.gvk()) {
		return nil
	}
	typed, err := s.scheme.New(e.t.gvk())
	if err != nil {
		return err
	}
	raw := mustJSON(data)
	strict, err := kjson.UnmarshalStrict(raw, typed, kjson.DisallowUnknownFields)
	if err == nil && len(strict) > 0 && e.query.Get("fieldValidation") == "Strict" {
		var texts []string
		for _, one := range strict {
			texts = append(texts, one.Error())
		}
		err = errors.New("strict decoding error: " + strings.Join(texts, ", "))
	}
	if err != nil {
		return apierrors.NewBadRequest(fmt.Sprintf("%s in version %q cannot be handled as a %s: %v", e.t.Kind, e.t.Version, e.t.Kind, err))
	}
	return nil
}
