package gcetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// The calls that the server knows, as faults and Count name them.
const (
	GetVM        = "instances.get"
	ListVMs      = "instances.list"
	DeleteVM     = "instances.delete"
	GetGroup     = "instanceGroupManagers.get"
	Recreate     = "instanceGroupManagers.recreateInstances"
	ListManaged  = "instanceGroupManagers.listManagedInstances"
	GetOperation = "operations.get"
)

// permissions are the rights that the calls need.
var permissions = map[string]string{
	GetVM: "compute.instances.get", ListVMs: "compute.instances.list", DeleteVM: "compute.instances.delete",
	GetGroup: "compute.instanceGroupManagers.get", Recreate: "compute.instanceGroupManagers.update",
	ListManaged: "compute.instanceGroupManagers.get", GetOperation: "compute.zoneOperations.get",
}

// Call is a request that came.
type Call struct {
	Name  string // "instances.get"
	Path  string // below the base URL
	Query url.Values
	Body  string
	// Authorized is whether it had credentials.
	Authorized bool
	UserAgent  string
}

// Fault is something that goes wrong with calls. One that has no Status, Stall or
// Cut does nothing.
type Fault struct {
	Call  string // one of the constants; "" is every call
	Times int    // calls to strike; 0 is all of them

	Status     int    // HTTP status, with Google's form of an error
	Reason     string // "rateLimitExceeded"
	Message    string
	RetryAfter string // header of that name
	Body       string // in place of Google's form

	Stall bool // no answer comes, until the client gives up
	Cut   bool // the connection ends instead of an answer
	// Late plays the fault after the call was carried out: the answer gets lost.
	Late bool

	struck int
}

// Fault sets a fault. Where several match, the first that is not used up strikes.
func (s *Server) Fault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults takes all faults back, and gives all permissions back.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.denied = nil, map[string]bool{}
}

// Deny takes a permission away: "compute.instanceGroupManagers.update".
func (s *Server) Deny(permission string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied[permission] = true
}

// Calls returns the calls so far, in the order in which they came.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// Count says how many calls of a name came.
func (s *Server) Count(name string) int {
	n := 0
	for _, c := range s.Calls() {
		if c.Name == name {
			n++
		}
	}
	return n
}

// strike finds the fault for a call.
func (s *Server) strike(call string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if (f.Call == "" || f.Call == call) && (f.Times == 0 || f.struck < f.Times) {
			f.struck++
			return f
		}
	}
	return nil
}

// play answers a call with a fault.
func (s *Server) play(f *Fault, w http.ResponseWriter, r *http.Request) {
	switch {
	case f.Stall:
		select {
		case <-r.Context().Done():
		case <-s.closed:
		}
		return
	case f.Cut:
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = connection.Close()
		}
		return
	}
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	if f.Body != "" {
		w.WriteHeader(f.Status)
		fmt.Fprint(w, f.Body) //nolint:errcheck // the client may be gone
		return
	}
	fail(w, f.Status, f.Reason, f.Message)
}

// fail answers with Google's form of an error.
func fail(w http.ResponseWriter, status int, reason, message string) {
	if message == "" {
		message = http.StatusText(status)
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	detail := map[string]any{"message": message, "domain": "global", "reason": reason}
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{ // the client may be gone
		"code": status, "message": message, "errors": []any{detail}}})
}
