package kubetest

import (
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ServeHTTP answers one request: it is noted, authenticated, may meet a
// scripted fault or rule, and is then served.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.journal.add(r)
	if strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") != s.token {
		writeError(w, apierrors.NewUnauthorized("Unauthorized"))
		return
	}
	c := parseCall(r)
	if f := s.faults.match(r); f != nil {
		s.serveFaulty(f, w, r, c)
		return
	}
	s.serve(w, r, c)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, c call) {
	w.Header().Set("Cache-Control", "no-cache, private")
	if err := s.rules.check(c, s.userOf(r)); err != nil {
		writeError(w, err)
		return
	}
	if c.gvr.Resource == "" {
		s.serveNonResource(w, r)
		return
	}
	if s.serveReview(w, r, c) {
		return
	}
	t := s.store.table(c.gvr)
	if t == nil {
		writeError(w, noSuchPath())
		return
	}
	c.namespace = c.storeNamespace(t.Resource)
	if c.subresource != "" {
		s.serveSubresource(w, r, c, t)
		return
	}
	switch c.verb {
	case "get":
		s.serveGet(w, r, c, t)
	case "list":
		s.serveList(w, r, c, t)
	case "watch":
		s.serveWatch(w, r, c, t)
	default:
		s.serveWrite(w, r, c, t)
	}
}

func (s *Server) serveGet(w http.ResponseWriter, r *http.Request, c call, t *table) {
	o := s.store.get(t, c.namespace, c.name)
	if o == nil {
		writeError(w, apierrors.NewNotFound(t.gr(), c.name))
		return
	}
	s.answer(w, r, http.StatusOK, t.Resource, o)
}

func (s *Server) serveSubresource(w http.ResponseWriter, r *http.Request, c call, t *table) {
	if c.gvr.Resource == "pods" && c.gvr.Group == "" && s.servePodSubresource(w, r, c, t) {
		return
	}
	if c.subresource != "status" || !t.Status {
		writeError(w, noSuchPath())
		return
	}
	if c.verb == "get" {
		s.serveGet(w, r, c, t)
		return
	}
	s.serveWrite(w, r, c, t)
}

// userOf is who asks: the token's user, or whom it impersonates.
func (s *Server) userOf(r *http.Request) string {
	if u := r.Header.Get("Impersonate-User"); u != "" {
		return u
	}
	return s.opts.user
}

// noSuchPath is what an API server says to a path it does not serve.
func noSuchPath() error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound,
		Message: "the server could not find the requested resource", Details: &metav1.StatusDetails{},
	}}
}
