package kubetest

import (
	"context"
	"net/http"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Fault is something that goes wrong with matching requests. What it does
// comes in this order: Delay; Status (then nothing more); the answer up to
// AfterBytes or AfterLines; there InBand, Stall and End. With Stall, InBand or
// End and neither limit, that place is before the first byte of the body. For
// an exec the body is its stdout, and Clean ends it without an exit status; for
// a port-forward only Delay and Status count.
type Fault struct {
	Match Match // nil matches every request
	Skip  int   // requests to let pass first
	Times int   // requests to strike; 0 is all of them

	Delay time.Duration // before anything is answered

	Status     int           // HTTP status; the body is a metav1.Status
	Reason     string        // its reason; made of Status unless told
	Message    string        // its text
	RetryAfter time.Duration // header and details, in whole seconds; 0 is none

	AfterBytes int64  // bytes of body to let through
	AfterLines int    // lines (events of a watch) to let through
	InBand     string // written into the body there; end it with a newline unless that is the point
	Stall      bool   // say nothing more, until released, removed or given up by the client
	End        End    // how the answer ends there
}

// FaultHandle is a fault that was set.
type FaultHandle struct {
	fault    Fault
	set      *faultSet
	mu       sync.Mutex
	seen     int
	struck   int
	released chan struct{}
}

type faultSet struct {
	mu     sync.Mutex
	active []*FaultHandle
}

// Fault sets a fault. When several match a request, the one that was set first
// and is not used up strikes, and only that one.
func (s *Server) Fault(f Fault) *FaultHandle {
	h := &FaultHandle{fault: f, set: s.faults, released: make(chan struct{})}
	s.faults.mu.Lock()
	s.faults.active = append(s.faults.active, h)
	s.faults.mu.Unlock()
	return h
}

// Count says how many requests were struck so far.
func (h *FaultHandle) Count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.struck
}

// Release lets the requests that it stalls go on. Later ones stall again.
func (h *FaultHandle) Release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.released)
	h.released = make(chan struct{})
}

// Remove takes the fault back and releases what it stalls. What it has cut
// stays cut.
func (h *FaultHandle) Remove() {
	h.set.mu.Lock()
	for i, other := range h.set.active {
		if other == h {
			h.set.active = append(h.set.active[:i:i], h.set.active[i+1:]...)
			break
		}
	}
	h.set.mu.Unlock()
	h.Release()
}

func (h *FaultHandle) wait(ctx context.Context) bool {
	h.mu.Lock()
	released := h.released
	h.mu.Unlock()
	select {
	case <-released:
		return true
	case <-ctx.Done():
		return false
	}
}

// strikes counts the request and says whether the fault is for it.
func (h *FaultHandle) strikes(r *http.Request) bool {
	if h.fault.Match != nil && !h.fault.Match(r) {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fault.Times > 0 && h.struck >= h.fault.Times {
		return false
	}
	if h.seen++; h.seen <= h.fault.Skip {
		return false
	}
	h.struck++
	return true
}

func (fs *faultSet) match(r *http.Request) *FaultHandle {
	fs.mu.Lock()
	active := fs.active
	fs.mu.Unlock()
	for _, h := range active {
		if h.strikes(r) {
			return h
		}
	}
	return nil
}

// serveFaulty answers a request that f strikes.
func (s *Server) serveFaulty(h *FaultHandle, w http.ResponseWriter, r *http.Request, c call) {
	f := h.fault
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-r.Context().Done():
			return
		}
	}
	if f.Status != 0 {
		writeStatus(w, f.status())
		return
	}
	if f.End == GoOn && f.InBand == "" && !f.Stall {
		s.serve(w, r, c)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	fw := newFaultWriter(h, w, ctx, cancel)
	// Execs write through the gate once they are upgraded.
	if fw.gate.immediate() && !c.upgrades() && !fw.begin(c) {
		return
	}
	s.serve(fw, r.WithContext(ctx), c)
}

// begin plays a fault whose place is before the first byte; false: that was the
// answer.
func (w *faultWriter) begin(c call) bool {
	f, g := w.gate.handle.fault, w.gate
	if f.Stall && f.InBand == "" {
		// Not even the headers come.
		if !g.handle.wait(g.ctx) {
			return false
		}
		if g.stalled = true; f.End == GoOn {
			g.struck = true
			return true
		}
	}
	if c.subresource == "log" {
		w.Header().Set("Content-Type", "text/plain")
	}
	return g.strike() == nil
}

func (f Fault) status() metav1.Status {
	st := metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Code: int32(f.Status), Reason: metav1.StatusReason(f.Reason), Message: f.Message,
	}
	if f.Reason == "" {
		st.Reason = reasonOf(f.Status)
	}
	if f.Message == "" {
		st.Message = http.StatusText(f.Status)
	}
	if f.RetryAfter > 0 {
		st.Details = &metav1.StatusDetails{RetryAfterSeconds: int32((f.RetryAfter + time.Second - 1) / time.Second)}
	}
	return st
}
