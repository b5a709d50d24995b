package gcetest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Problem is what an operation or an attempt to make a VM ends with: a code like
// QUOTA_EXCEEDED or ZONE_RESOURCE_POOL_EXHAUSTED, and a sentence.
type Problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// recreateOperation is the operationType of recreateInstances.
const recreateOperation = "compute.instanceGroupManagers.recreateInstances"

// operation is a request that was accepted.
type operation struct {
	name, kind string
	target     string // path
	status     string
	problem    *Problem
}

// scope is projects/PROJECT/zones/ZONE, or with regions/REGION.
func (o *operation) scope() string { return strings.Join(strings.Split(o.target, "/")[:4], "/") }

// held is a time in which groups make no VMs.
type held struct {
	problem *Problem
	over    chan struct{}
}

// Hold lets no group make a VM until Resume. With a problem, listManagedInstances
// shows it as what the last attempt met; nil leaves a VM in the making for ever.
func (s *Server) Hold(problem *Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release()
	s.hold = &held{problem, make(chan struct{})}
}

// Resume lets groups make VMs again.
func (s *Server) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release()
}

func (s *Server) release() {
	if s.hold != nil {
		close(s.hold.over)
		s.hold = nil
	}
}

// FailOperation has the next operation that is not spoken for end with a problem,
// and change nothing.
func (s *Server) FailOperation(problem Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opErrors = append(s.opErrors, problem)
}

// begin starts an operation, which is of target, on a VM, or finds the one that the
// same request began.
func (s *Server) begin(kind, target, requestID string, v *VM) answer {
	if op := s.requests[requestID]; requestID != "" && op != nil {
		return answer{value: s.opJSON(op)}
	}
	if v.Status == "STOPPING" {
		return answer{status: http.StatusConflict, reason: "resourceInUse", message: "The resource '" + v.path() + "' is in use by another operation"}
	}
	s.nextID++
	op := &operation{name: fmt.Sprintf("operation-%d", s.nextID), kind: kind, target: target, status: "RUNNING"}
	s.ops[op.scope()+"/operations/"+op.name] = op
	if requestID != "" {
		s.requests[requestID] = op
	}
	s.end(v, op)
	return answer{value: s.opJSON(op)}
}

// end begins a VM's end, by an operation or, where op is nil, by itself.
func (s *Server) end(v *VM, op *operation) {
	if s.over {
		return
	}
	v.Status = "STOPPING"
	times := s.times
	var problem *Problem
	if op != nil && len(s.opErrors) > 0 {
		problem, s.opErrors = &s.opErrors[0], s.opErrors[1:]
	}
	s.work.Go(func() {
		if !s.sleep(times.Operation) || !s.stopped(v, op, problem) || !s.wait(v) || !s.sleep(times.Boot) {
			return
		}
		s.boot(v)
	})
}

// stopped ends the operation, and the VM with it unless the operation failed. false:
// nothing follows.
func (s *Server) stopped(v *VM, op *operation, problem *Problem) bool {
	s.mu.Lock()
	if op != nil {
		op.status, op.problem = "DONE", problem
	}
	if problem != nil {
		v.Status = "RUNNING"
		s.mu.Unlock()
		return false
	}
	if s.vms[v.path()] == v { // and not one that the test has put in its place
		delete(s.vms, v.path())
	}
	g := s.groups[v.Group]
	follows := g != nil && g.members[v.path()] != nil && (g.repairs || (op != nil && op.kind == recreateOperation))
	if follows {
		g.members[v.path()].action = "RECREATING"
	}
	hook, gone := s.hooks.Gone, *v
	s.mu.Unlock()
	if hook != nil {
		hook(gone)
	}
	return follows
}

// wait returns when groups may make VMs; false: the server was closed.
func (s *Server) wait(v *VM) bool {
	for {
		s.mu.Lock()
		hold := s.hold
		var problem *Problem
		if hold != nil {
			problem = hold.problem
		}
		if g := s.groups[v.Group]; g != nil && g.members[v.path()] != nil {
			g.members[v.path()].problem = problem
		}
		s.mu.Unlock()
		if hold == nil {
			return true
		}
		select {
		case <-hold.over:
		case <-s.closed:
			return false
		}
	}
}

// boot puts another VM of the same name in place.
func (s *Server) boot(old *VM) {
	s.mu.Lock()
	next := *old
	next.ID, next.Status = 0, ""
	next.Created, next.Started = time.Now(), time.Time{}
	id := s.put(next)
	hook := s.hooks.Recreated
	s.mu.Unlock()
	if hook != nil {
		hook(next.Name, id)
	}
}
