package gcetest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is what a call is answered with: a value, or a status and a sentence.
type answer struct {
	value   any
	status  int
	reason  string
	message string
}

func notFound(path string) answer {
	return answer{status: http.StatusNotFound, reason: "notFound", message: "The resource '" + path + "' was not found"}
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	const zone, region = "/compute/v1/projects/{project}/zones/{zone}", "/compute/v1/projects/{project}/regions/{region}"
	handle := func(pattern, call string, do func(*http.Request) answer) {
		mux.Handle(pattern, s.handler(call, do))
	}
	handle("GET "+zone+"/instances/{name}", GetVM, s.getVM)
	handle("GET "+zone+"/instances", ListVMs, s.listVMs)
	handle("DELETE "+zone+"/instances/{name}", DeleteVM, s.deleteVM)
	for _, scope := range []string{zone, region} {
		handle("GET "+scope+"/instanceGroupManagers/{name}", GetGroup, s.getGroup)
		handle("POST "+scope+"/instanceGroupManagers/{name}/recreateInstances", Recreate, s.recreate)
		handle("POST "+scope+"/instanceGroupManagers/{name}/listManagedInstances", ListManaged, s.listManaged)
		handle("GET "+scope+"/operations/{name}", GetOperation, s.getOperation)
		handle("POST "+scope+"/operations/{name}/wait", GetOperation, s.waitOperation)
	}
	handle("/", "unknown", func(r *http.Request) answer { return notFound(r.URL.Path) })
	return mux
}

// handler records a call, plays faults, asks for permissions, and answers.
func (s *Server) handler(call string, do func(*http.Request) answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			return // the client is gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.mu.Lock()
		s.calls = append(s.calls, Call{Name: call, Path: below(r), Query: r.URL.Query(), Body: string(body),
			Authorized: r.Header.Get("Authorization") != "", UserAgent: r.UserAgent()})
		permission := permissions[call]
		denied := s.denied[permission]
		s.mu.Unlock()
		fault := s.strike(call)
		if fault != nil && !fault.Late {
			s.play(fault, w, r)
			return
		}
		if denied {
			fail(w, http.StatusForbidden, "forbidden", "Required '"+permission+"' permission for '"+strings.TrimSuffix(below(r), "/recreateInstances")+"'")
			return
		}
		a := do(r)
		switch {
		case fault != nil:
			s.play(fault, w, r)
		case a.status != 0:
			fail(w, a.status, a.reason, a.message)
		default:
			w.Header().Set("Content-Type", "application/json; charset=UTF-8")
			_ = json.NewEncoder(w).Encode(a.value) // the client may be gone
		}
	})
}

// below is a request's path below the base URL.
func below(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/compute/v1/") }

func (s *Server) getVM(r *http.Request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.vms[below(r)]
	if v == nil {
		return notFound(below(r))
	}
	return answer{value: s.vmJSON(v)}
}

func (s *Server) listVMs(r *http.Request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	var paths []string
	for _, path := range sorted(s.vms) {
		if strings.HasPrefix(path, below(r)+"/") {
			paths = append(paths, path)
		}
	}
	return s.page(r, "items", paths, func(path string) any { return s.vmJSON(s.vms[path]) })
}

func (s *Server) deleteVM(r *http.Request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.vms[below(r)]
	if v == nil {
		return notFound(below(r))
	}
	return s.begin("delete", v.path(), r.URL.Query().Get("requestId"), v)
}

func (s *Server) getGroup(r *http.Request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[below(r)]
	if g == nil {
		return notFound(below(r))
	}
	action := "REPAIR"
	if !g.repairs {
		action = "DO_NOTHING"
	}
	return answer{value: map[string]any{"kind": "compute#instanceGroupManager", "name": r.PathValue("name"), "targetSize": len(g.members),
		"instanceLifecyclePolicy": map[string]string{"defaultActionOnFailure": action}}}
}

func (s *Server) recreate(r *http.Request) answer {
	var body struct{ Instances []string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return answer{status: http.StatusBadRequest, reason: "parseError", message: "Parse Error"}
	}
	path := strings.TrimSuffix(below(r), "/recreateInstances")
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[path]
	if g == nil {
		return notFound(path)
	}
	if len(body.Instances) != 1 {
		return answer{status: http.StatusBadRequest, reason: "invalid", message: "this stand-in wants one instance"}
	}
	at := body.Instances[0]
	if i := strings.Index(at, "zones/"); i > 0 {
		at = at[i:] // a whole URL
	}
	v := s.vms["projects/"+r.PathValue("project")+"/"+at]
	if v == nil || g.members[v.path()] == nil {
		return answer{status: http.StatusBadRequest, reason: "invalid", message: "Invalid value for field 'instances[0]': '" + at + "'. The instance is not a member of the group."}
	}
	return s.begin(recreateOperation, path, r.URL.Query().Get("requestId"), v)
}

func (s *Server) listManaged(r *http.Request) answer {
	path := strings.TrimSuffix(below(r), "/listManagedInstances")
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[path]
	if g == nil {
		return notFound(path)
	}
	return s.page(r, "managedInstances", sorted(g.members), func(path string) any {
		m := g.members[path]
		value := map[string]any{"instance": s.url + "/" + path, "currentAction": m.action}
		if v := s.vms[path]; v != nil {
			value["id"], value["instanceStatus"] = strconv.FormatUint(v.ID, 10), v.Status
		}
		if m.problem != nil {
			value["lastAttempt"] = map[string]any{"errors": map[string]any{"errors": []Problem{*m.problem}}}
		}
		return value
	})
}

func (s *Server) getOperation(r *http.Request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	op := s.ops[strings.TrimSuffix(below(r), "/wait")]
	if op == nil {
		return notFound(below(r))
	}
	return answer{value: s.opJSON(op)}
}

// waitOperation answers when the operation is DONE, or after a while, as the API does.
func (s *Server) waitOperation(r *http.Request) answer {
	for range 100 {
		a := s.getOperation(r)
		if value, ok := a.value.(map[string]any); !ok || value["status"] == "DONE" || !s.sleep(20*time.Millisecond) {
			return a
		}
	}
	return s.getOperation(r)
}

// page answers with a page of a list. Its tokens are the first key of the next page.
func (s *Server) page(r *http.Request, field string, keys []string, value func(string) any) answer {
	size := s.pageSize
	if most, err := strconv.Atoi(r.URL.Query().Get("maxResults")); err == nil && most > 0 {
		size = min(size, most)
	}
	if from := r.URL.Query().Get("pageToken"); from != "" {
		for len(keys) > 0 && keys[0] < from {
			keys = keys[1:]
		}
	}
	body := map[string]any{}
	if len(keys) > size {
		body["nextPageToken"], keys = keys[size], keys[:size]
	}
	values := []any{}
	for _, key := range keys {
		values = append(values, value(key))
	}
	body[field] = values
	return answer{value: body}
}

func (s *Server) vmJSON(v *VM) map[string]any {
	items := []map[string]string{{"key": "kube-env", "value": "KUBELET_KEY: " + Secret}}
	if v.Group != "" {
		items = append(items, map[string]string{"key": "created-by", "value": v.createdBy()})
	}
	model := "STANDARD"
	if v.Spot {
		model = "SPOT"
	}
	return map[string]any{
		"kind": "compute#instance", "id": strconv.FormatUint(v.ID, 10), "name": v.Name, "status": v.Status,
		"zone": s.url + "/projects/" + v.Project + "/zones/" + v.Zone, "selfLink": s.url + "/" + v.path(),
		"creationTimestamp": stamp(v.Created), "lastStartTimestamp": stamp(v.Started),
		"scheduling": map[string]any{"preemptible": v.Preemptible || v.Spot, "provisioningModel": model},
		"metadata":   map[string]any{"kind": "compute#metadata", "items": items},
	}
}

// Secret is in the metadata of every VM, as GKE has secrets there: no client may show it.
const Secret = "do-not-show-this"

// stamp is a time as the API writes it: in a zone of America's west coast.
func stamp(t time.Time) string {
	return t.In(time.FixedZone("", -8*60*60)).Format("2006-01-02T15:04:05.000-07:00")
}

func (s *Server) opJSON(op *operation) map[string]any {
	value := map[string]any{"kind": "compute#operation", "name": op.name, "operationType": op.kind, "status": op.status,
		"targetLink": s.url + "/" + op.target, "selfLink": s.url + "/" + op.scope() + "/operations/" + op.name, "progress": 0}
	place := strings.Split(op.scope(), "/") // projects, PROJECT, zones or regions, name
	value[strings.TrimSuffix(place[2], "s")] = s.url + "/" + op.scope()
	if op.status == "DONE" {
		value["progress"] = 100
	}
	if op.problem != nil {
		value["error"] = map[string]any{"errors": []Problem{*op.problem}}
		value["httpErrorStatusCode"], value["httpErrorMessage"] = http.StatusForbidden, "FORBIDDEN"
	}
	return value
}
