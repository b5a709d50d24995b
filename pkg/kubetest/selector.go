package kubetest

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
)

// selector is which objects a list or watch is about.
type selector struct {
	namespace string // "" is all
	labels    labels.Selector
	fields    fields.Selector
	resource  Resource
}

// newSelector reads labelSelector and fieldSelector. The error is 400.
func newSelector(r Resource, namespace string, q url.Values) (*selector, error) {
	s := &selector{namespace: namespace, resource: r, labels: labels.Everything(), fields: fields.Everything()}
	var err error
	if v := q.Get("labelSelector"); v != "" {
		if s.labels, err = labels.Parse(v); err != nil {
			return nil, apierrors.NewBadRequest(fmt.Sprintf("unable to parse requirement: %v", err))
		}
	}
	if v := q.Get("fieldSelector"); v != "" {
		if s.fields, err = fields.ParseSelector(v); err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
	}
	for _, req := range s.fields.Requirements() {
		if !slices.Contains(r.Fields, req.Field) && req.Field != "metadata.name" && req.Field != "metadata.namespace" {
			return nil, apierrors.NewBadRequest(fmt.Sprintf("field label not supported: %s", req.Field))
		}
	}
	return s, nil
}

// everything says that no selector was given.
func (s *selector) everything() bool { return s.labels.Empty() && s.fields.Empty() }

func (s *selector) matches(o *object) bool {
	if o == nil || (s.namespace != "" && o.namespace != s.namespace) {
		return false
	}
	if !s.labels.Empty() && !s.labels.Matches(o.labels) {
		return false
	}
	return s.fields.Empty() || s.fields.Matches(fieldsOf{o, s.resource})
}

// fieldsOf makes an object's fields selectable.
type fieldsOf struct {
	*object
	resource Resource
}

// Has says that the field can be selected by; kube-apiserver gives every
// object all of its kind's fields, empty ones too.
func (f fieldsOf) Has(string) bool { return true }

// Get is the field's value as text.
func (f fieldsOf) Get(field string) string {
	switch v := at(f.data, strings.Split(field, ".")...).(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case nil:
		return zeroField(f.resource, field)
	}
	if field == "source" { // of an Event: its component
		return text(f.data, "source", "component")
	}
	return ""
}

// zeroField is the text of a field that an object leaves out: booleans and
// numbers have a zero value that can be selected.
func zeroField(r Resource, field string) string {
	switch field {
	case "spec.unschedulable", "spec.hostNetwork":
		return "false"
	case "status.replicas", "status.successful":
		return "0"
	}
	return ""
}
