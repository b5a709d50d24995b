package kubetest

import (
	"net/http"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Reviewer answers SubjectAccessReviews: whether somebody else may do something. Without
// one, everybody may.
func (s *Server) Reviewer(may func(authorizationv1.SubjectAccessReviewSpec) bool) {
	s.reviewer.Store(&may)
}

// serveReview answers SelfSubjectAccessReviews (kubectl auth can-i) by the rules that
// Forbid set, and SubjectAccessReviews by the Reviewer; false: the request is none, or
// may not be made.
func (s *Server) serveReview(w http.ResponseWriter, r *http.Request, c call) bool {
	if c.gvr.Group != authorizationv1.GroupName || c.verb != "create" {
		return false
	}
	switch c.gvr.Resource {
	case "selfsubjectaccessreviews":
		review := &authorizationv1.SelfSubjectAccessReview{}
		if s.readReview(w, r, review) {
			review.TypeMeta = metav1.TypeMeta{APIVersion: "authorization.k8s.io/v1", Kind: "SelfSubjectAccessReview"}
			review.Status.Allowed = s.allowed(review.Spec.ResourceAttributes)
			writeJSON(w, http.StatusCreated, review)
		}
	case "subjectaccessreviews":
		review := &authorizationv1.SubjectAccessReview{}
		switch may, err := s.reviewer.Load(), s.rules.check(c, s.opts.user); {
		case err != nil:
			writeError(w, err)
		case s.readReview(w, r, review):
			review.TypeMeta = metav1.TypeMeta{APIVersion: "authorization.k8s.io/v1", Kind: "SubjectAccessReview"}
			review.Status.Allowed = may == nil || (*may)(review.Spec)
			writeJSON(w, http.StatusCreated, review)
		}
	default:
		return false
	}
	return true
}

// readReview reads the body; false: it could not, and has said so.
func (s *Server) readReview(w http.ResponseWriter, r *http.Request, review any) bool {
	data, err := s.decodeBody(r)
	if err == nil {
		err = runtime.DefaultUnstructuredConverter.FromUnstructured(data, review)
	}
	if err != nil {
		writeError(w, apierrors.NewBadRequest(err.Error()))
	}
	return err == nil
}

// allowed says whether the caller may do it.
func (s *Server) allowed(a *authorizationv1.ResourceAttributes) bool {
	if a == nil {
		return true
	}
	asked := call{verb: a.Verb, gvr: schema.GroupVersionResource{Group: a.Group, Resource: a.Resource},
		namespace: a.Namespace, name: a.Name, subresource: a.Subresource}
	return !s.rules.forbids(asked, false)
}
