package kubetest

import "net/http"

// servePodSubresource serves what only pods have; false: not such a thing.
func (s *Server) servePodSubresource(w http.ResponseWriter, r *http.Request, c call, t *table) bool {
	switch c.subresource {
	case "log":
		s.serveLog(w, r, c, t)
	case "eviction":
		s.serveEviction(w, r, c, t)
	case "exec":
		s.serveExec(w, r, c, t)
	case "portforward":
		s.servePortForward(w, r, c, t)
	case "ephemeralcontainers":
		if c.verb == "get" {
			s.serveGet(w, r, c, t)
		} else {
			c.subresource = ""
			s.serveWrite(w, r, c, t)
		}
	default:
		return false
	}
	return true
}
