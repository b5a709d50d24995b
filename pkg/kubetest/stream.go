package kubetest

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"
)

// End says how a response ends before its time.
type End int

const (
	// GoOn does not end it.
	GoOn End = iota
	// Clean ends it as if all were said: END_STREAM, the last chunk, EOF. This
	// is what clients see when a kubelet's four-hour limit strikes.
	Clean
	// Reset breaks it: RST_STREAM on HTTP/2, a closed connection on HTTP/1.1.
	Reset
)

var (
	errCutClean = errors.New("cut cleanly")
	errCutReset = errors.New("cut by reset")
	errExpired  = errors.New("watch expired")
)

type streamKind int

const (
	logStream streamKind = iota
	watchStream
	execStream
	forwardStream
)

// stream is one long answer that is under way.
type stream struct {
	kind   streamKind
	ctx    context.Context
	cancel context.CancelCauseFunc
	set    *streamSet

	mu   sync.Mutex
	rc   *http.ResponseController
	done bool
}

type streamSet struct {
	mu   sync.Mutex
	open map[*stream]struct{}
}

func newStreamSet() *streamSet { return &streamSet{open: map[*stream]struct{}{}} }

// begin registers a long answer. The handler must watch ctx and defer finish.
func (ss *streamSet) begin(kind streamKind, w http.ResponseWriter, r *http.Request) *stream {
	ctx, cancel := context.WithCancelCause(r.Context())
	st := &stream{kind: kind, ctx: ctx, cancel: cancel, set: ss, rc: http.NewResponseController(w)}
	if fw, ok := w.(*faultWriter); ok {
		fw.gate.ctx = ctx // so that a stalled answer can be cut
	}
	ss.mu.Lock()
	ss.open[st] = struct{}{}
	ss.mu.Unlock()
	return st
}

// finish unregisters the answer and, when it was cut by reset, breaks it. It
// must be deferred by the handler: aborting is done by a panic that net/http
// knows.
func (st *stream) finish() {
	st.set.mu.Lock()
	delete(st.set.open, st)
	st.set.mu.Unlock()
	st.mu.Lock()
	st.done = true
	st.mu.Unlock()
	cause := context.Cause(st.ctx)
	st.cancel(nil)
	if errors.Is(cause, errCutReset) {
		panic(http.ErrAbortHandler)
	}
}

// stop ends the answer for cause; false: it was at its end already.
func (st *stream) stop(cause error) bool {
	live := st.ctx.Err() == nil
	st.cancel(cause)
	if !errors.Is(cause, errCutReset) {
		return live
	}
	// A handler that waits for a client that does not read would never see
	// the cancellation: the deadline wakes it. After the handler is done the
	// controller must not be touched.
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.done {
		st.rc.SetWriteDeadline(time.Unix(1, 0)) //nolint:errcheck // a hijacked connection has none
	}
	return live
}

func (ss *streamSet) stop(cause error, kinds ...streamKind) int {
	ss.mu.Lock()
	var hit []*stream
	for st := range ss.open {
		for _, k := range kinds {
			if st.kind == k {
				hit = append(hit, st)
			}
		}
	}
	ss.mu.Unlock()
	n := 0
	for _, st := range hit {
		if st.stop(cause) {
			n++
		}
	}
	return n
}

func (ss *streamSet) count(kind streamKind) int {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	n := 0
	for st := range ss.open {
		if st.kind == kind {
			n++
		}
	}
	return n
}

func cutCause(end End) error {
	if end == Reset {
		return errCutReset
	}
	return errCutClean
}

// CutStreams ends every log stream that is open now and says how many that
// were. A stream whose client does not read ends with Clean only when it reads
// again.
func (s *Server) CutStreams(end End) int { return s.streams.stop(cutCause(end), logStream) }

// CutWatches ends every watch that is open now and says how many that were.
func (s *Server) CutWatches(end End) int { return s.streams.stop(cutCause(end), watchStream) }

// ExpireWatches is a compaction: resource versions and continue tokens from
// before now are expired, and every open watch ends with a 410 event.
func (s *Server) ExpireWatches() int {
	s.store.expire()
	return s.streams.stop(errExpired, watchStream)
}

// OpenLogStreams counts the log requests that are being answered.
func (s *Server) OpenLogStreams() int { return s.streams.count(logStream) }

// OpenWatches counts the watches that are being answered.
func (s *Server) OpenWatches() int { return s.streams.count(watchStream) }
