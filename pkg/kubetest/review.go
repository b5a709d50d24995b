package kubetest

import (
	"net/http"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// serveReview answers SelfSubjectAccessReviews (kubectl auth can-i) by the
// rules that Forbid set; false: the request is none.
func (s *Server) serveReview(w http.ResponseWriter, r *http.Request, c call) bool {
	if c.gvr.Group != authorizationv1.GroupName || c.gvr.Resource != "selfsubjectaccessreviews" || c.verb != "create" {
		return false
	}
	data, err := s.decodeBody(r)
	review := &authorizationv1.SelfSubjectAccessReview{}
	if err == nil {
		err = runtime.DefaultUnstructuredConverter.FromUnstructured(data, review)
	}
	if err != nil {
		writeError(w, apierrors.NewBadRequest(err.Error()))
		return true
	}
	review.TypeMeta = metav1.TypeMeta{APIVersion: "authorization.k8s.io/v1", Kind: "SelfSubjectAccessReview"}
	review.Status.Allowed = true
	if a := review.Spec.ResourceAttributes; a != nil {
		asked := call{verb: a.Verb, gvr: schema.GroupVersionResource{Group: a.Group, Resource: a.Resource},
			namespace: a.Namespace, name: a.Name, subresource: a.Subresource}
		review.Status.Allowed = !s.rules.forbids(asked, false)
	}
	writeJSON(w, http.StatusCreated, review)
	return true
}
