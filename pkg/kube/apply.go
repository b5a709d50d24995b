package kube

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// ApplyOptions say how an object is applied.
type ApplyOptions struct {
	// Manager is the name under which the fields are owned; the API wants one.
	Manager string
	// Force takes fields over from other managers.
	Force bool
	// DryRun has the server say what would become of the object, and store nothing.
	DryRun bool
}

// Apply makes an object, or changes the fields of it that configuration names
// (server-side apply), and returns it as stored. configuration is what marshals to
// the object's JSON, with apiVersion, kind and metadata.name; what it does not name any
// more and only the manager owned goes. The error is the API's status, of which
// FieldConflicts knows the fields that belong to others.
//
// Rights: patch, and for an object that is not there create.
func (o Objects[T]) Apply(ctx context.Context, name string, configuration any, opts ApplyOptions) (*T, error) {
	raw, err := json.Marshal(configuration) // JSON is YAML
	if err != nil {
		return nil, err
	}
	patch := metav1.PatchOptions{FieldManager: opts.Manager, Force: &opts.Force, FieldValidation: metav1.FieldValidationStrict}
	if opts.DryRun {
		patch.DryRun = []string{metav1.DryRunAll}
	}
	r := o.request(o.cluster.core.Patch(types.ApplyYAMLPatchType), name)
	return o.object(body(r.VersionedParams(&patch, o.cluster.wire.params).Body(raw).Do(ctx)))
}

// FieldConflict is a field that another manager owns with another value.
type FieldConflict struct {
	Field   string // ".spec.replicas"
	Manager string // "kubectl-edit"
}

// FieldConflicts returns why an apply without Force was refused; nil for any other
// error.
func FieldConflicts(err error) []FieldConflict {
	var status apierrors.APIStatus
	if !apierrors.IsConflict(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	var all []FieldConflict
	for _, cause := range status.Status().Details.Causes {
		if cause.Type == metav1.CauseTypeFieldManagerConflict {
			all = append(all, FieldConflict{Field: cause.Field, Manager: quoted(cause.Message)})
		}
	}
	return all
}

// quoted is what a conflict's message has in quotes: `conflict with "kubectl-edit" with
// subresource "scale" using apps/v1` (apimachinery's managedfields); all of it where
// nothing is.
func quoted(message string) string {
	_, rest, _ := strings.Cut(message, `"`)
	if name, _, ok := strings.Cut(rest, `"`); ok {
		return name
	}
	return message
}
