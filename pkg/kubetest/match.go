package kubetest

import (
	"net/http"
	"strings"
)

// Match says which requests a fault is for. Any function will do; those below
// name the usual ones. An empty argument stands for "any".
type Match func(*http.Request) bool

// LogsOf matches requests for a container's log. A request that names no
// container matches too: the pod has only the one.
func LogsOf(namespace, pod, container string) Match {
	return func(r *http.Request) bool {
		asked := r.URL.Query().Get("container")
		return podCall(r, namespace, pod, "log") && (container == "" || asked == "" || asked == container)
	}
}

// ExecsIn matches exec requests, over WebSocket or SPDY.
func ExecsIn(namespace, pod, container string) Match {
	return func(r *http.Request) bool {
		asked := r.URL.Query().Get("container")
		return podCall(r, namespace, pod, "exec") && (container == "" || asked == "" || asked == container)
	}
}

// PortForwardsTo matches port-forward requests, over WebSocket or SPDY.
func PortForwardsTo(namespace, pod string) Match {
	return func(r *http.Request) bool { return podCall(r, namespace, pod, "portforward") }
}

// EvictionsOf matches eviction requests.
func EvictionsOf(namespace, pod string) Match {
	return func(r *http.Request) bool { return podCall(r, namespace, pod, "eviction") }
}

func podCall(r *http.Request, namespace, pod, subresource string) bool {
	c := parseCall(r)
	return c.gvr.Resource == "pods" && c.subresource == subresource && is(namespace, c.namespace) && is(pod, c.name)
}

func is(want, got string) bool { return want == "" || want == got }

// Watches matches watches of a resource, by its plural: "pods".
func Watches(plural string) Match { return Call("watch", plural) }

// Lists matches lists of a resource, by its plural.
func Lists(plural string) Match { return Call("list", plural) }

// Call matches a verb (get, list, watch, create, update, patch, delete,
// deletecollection) on a resource, like "pods" or "pods/eviction".
func Call(verb, resource string) Match {
	return func(r *http.Request) bool {
		c := parseCall(r)
		return c.gvr.Resource != "" && is(verb, c.verb) && is(resource, c.resource())
	}
}

// Request matches a method and a path; a path that ends with * is a prefix.
func Request(method, path string) Match {
	prefix, open := strings.CutSuffix(path, "*")
	return func(r *http.Request) bool {
		if open {
			return is(method, r.Method) && strings.HasPrefix(r.URL.Path, prefix)
		}
		return is(method, r.Method) && is(path, r.URL.Path)
	}
}

// And matches what all of ms match.
func And(ms ...Match) Match {
	return func(r *http.Request) bool {
		for _, m := range ms {
			if !m(r) {
				return false
			}
		}
		return true
	}
}
