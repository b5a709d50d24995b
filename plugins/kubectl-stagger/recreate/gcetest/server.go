// Package gcetest is a stand-in for the part of the Compute Engine API that has VMs
// made anew, for tests: VMs of managed instance groups that die, and come back after
// a while under the same name with another id. It plays faults on request. A test
// plays the nodes: Hooks tell it what became of a VM.
//
// Paths, fields and status words are those of the API's v1. Field masks are not
// applied: answers have more than was asked for, as a real answer never has less.
package gcetest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Hooks are called as things happen, one after the other for each VM, each from a
// goroutine of its own. Close waits for them.
type Hooks struct {
	// Gone is called when a VM is no more.
	Gone func(VM)
	// Recreated is called when a VM runs that has the name of one that is gone.
	Recreated func(name string, newID uint64)
}

// Times are how long things take; the zero value is no time at all.
type Times struct {
	Operation time.Duration // from an accepted request until its operation is DONE
	Boot      time.Duration // from then until the group has a VM of the same name running
}

// Server is the stand-in. All methods may be called from any goroutine, at any time.
type Server struct {
	url    string
	server *http.Server
	closed chan struct{}
	once   sync.Once
	work   sync.WaitGroup

	mu       sync.Mutex
	over     bool // nothing is begun any more
	hooks    Hooks
	times    Times
	pageSize int
	nextID   uint64
	vms      map[string]*VM        // by path
	groups   map[string]*group     // by path
	ops      map[string]*operation // by scope and name
	requests map[string]*operation // by requestId
	calls    []Call
	faults   []*Fault
	denied   map[string]bool // permissions
	opErrors []Problem       // of the operations to come
	hold     *held           // nil: groups make VMs
}

// TB is what Start needs of *testing.T; it keeps package testing out of programs.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Listen starts a server on a TCP address; port 0 takes a free one.
func Listen(addr string) (*Server, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("gcetest: %w", err)
	}
	s := &Server{
		url: "http://" + listener.Addr().String() + "/compute/v1", closed: make(chan struct{}), pageSize: 500,
		nextID: 4_000_000_000_000_000_000, vms: map[string]*VM{}, groups: map[string]*group{},
		ops: map[string]*operation{}, requests: map[string]*operation{}, denied: map[string]bool{},
	}
	s.server = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second}
	s.work.Go(func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.once.Do(func() { close(s.closed) })
		}
	})
	return s, nil
}

// Start is Listen on a free port of 127.0.0.1 for a test, which closes the server
// when it is over.
func Start(t TB) *Server {
	t.Helper()
	s, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// Close drops all connections, ends what is under way, and waits for hooks that run.
func (s *Server) Close() {
	s.once.Do(func() { close(s.closed) })
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	_ = s.server.Close() // what it says is of the listener, which is gone either way
	s.work.Wait()
}

// URL is the base URL: the endpoint for clients.
func (s *Server) URL() string { return s.url }

// SetHooks sets what is called from now on.
func (s *Server) SetHooks(h Hooks) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = h
}

// SetTimes sets how long things take that begin from now on.
func (s *Server) SetTimes(t Times) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times = t
}

// SetPageSize sets the most that a page of a list has; 500 unless told.
func (s *Server) SetPageSize(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pageSize = n
}

// sleep waits; false: the server was closed.
func (s *Server) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.closed:
		return false
	}
}
