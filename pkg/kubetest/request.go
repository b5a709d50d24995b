package kubetest

import (
	"net/http"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// call is what a request asks for, in the API's words. A path outside /api and
// /apis, or a discovery path, has no resource.
type call struct {
	verb        string // get list watch create update patch delete deletecollection
	gvr         schema.GroupVersionResource
	namespace   string
	name        string
	subresource string
}

// resource is "pods", or "pods/log" with a subresource, as RBAC names it.
func (c call) resource() string {
	if c.subresource != "" {
		return c.gvr.Resource + "/" + c.subresource
	}
	return c.gvr.Resource
}

// parseCall reads a request as kube-apiserver's RequestInfo resolver does.
func parseCall(r *http.Request) call {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	var c call
	switch {
	case len(parts) > 2 && parts[0] == "api":
		c.gvr.Version, parts = parts[1], parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		c.gvr.Group, c.gvr.Version, parts = parts[1], parts[2], parts[3:]
	default:
		return c
	}
	if parts[0] == "namespaces" && len(parts) > 1 {
		// A namespace is itself a namespaced object to RBAC.
		c.namespace = parts[1]
		if len(parts) > 2 && parts[2] != "status" && parts[2] != "finalize" {
			parts = parts[2:]
		}
	}
	c.gvr.Resource = parts[0]
	if len(parts) > 1 {
		c.name = parts[1]
	}
	if len(parts) > 2 {
		c.subresource = strings.Join(parts[2:], "/")
	}
	c.verb = verbOf(r, c)
	return c
}

func verbOf(r *http.Request, c call) string {
	switch r.Method {
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		return "patch"
	case http.MethodDelete:
		if c.name == "" {
			return "deletecollection"
		}
		return "delete"
	}
	if c.name != "" && c.subresource != "" {
		return "get"
	}
	if isTrue(r.URL.Query().Get("watch")) {
		return "watch"
	}
	if c.name != "" {
		return "get"
	}
	return "list"
}

// isTrue reads a boolean query parameter: present and not "false" or "0", as
// apimachinery's queryparams conversion.
func isTrue(v string) bool { return v != "" && v != "false" && v != "0" }

// upgrades says that the connection becomes another protocol's.
func (c call) upgrades() bool {
	return c.gvr.Resource == "pods" && (c.subresource == "exec" || c.subresource == "portforward")
}

// storeNamespace is where the store has the objects: a request for a Namespace
// carries that namespace, though the object is in none.
func (c call) storeNamespace(r Resource) string {
	if !r.Namespaced {
		return ""
	}
	return c.namespace
}
