package kubetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

var errEnded = errors.New("the answer was ended by a fault")

// faultGate lets bytes through up to a fault's limit and plays the fault
// there.
type faultGate struct {
	handle *FaultHandle
	ctx    context.Context
	cancel context.CancelFunc
	out    io.Writer
	flush  func() error
	reset  func() // breaks the connection
	bytes  int64
	lines  int
	struck bool
	ended  bool

	stalled bool // the stall is over already
}

// Write passes p on; the part behind the limit only when the answer goes on.
func (g *faultGate) Write(p []byte) (int, error) {
	if g.ended {
		return 0, errEnded
	}
	if g.struck {
		return g.out.Write(p)
	}
	n := g.allowed(p)
	if n > 0 {
		if _, err := g.out.Write(p[:n]); err != nil {
			return 0, err
		}
	}
	if g.limitReached() {
		if err := g.strike(); err != nil {
			return n, err
		}
	}
	if n == len(p) {
		return n, nil
	}
	m, err := g.Write(p[n:])
	return n + m, err
}

// allowed says how many bytes of p come before the limit, and counts them.
func (g *faultGate) allowed(p []byte) int {
	f := g.handle.fault
	n := len(p)
	if f.AfterBytes > 0 {
		n = int(min(int64(n), f.AfterBytes-g.bytes))
	}
	if f.AfterLines > 0 {
		for at := 0; ; {
			i := bytes.IndexByte(p[at:n], '\n')
			if i < 0 {
				break
			}
			at += i + 1
			if g.lines++; g.lines == f.AfterLines {
				n = at
				break
			}
		}
	}
	g.bytes += int64(n)
	return n
}

func (g *faultGate) limitReached() bool {
	f := g.handle.fault
	return (f.AfterBytes > 0 && g.bytes >= f.AfterBytes) || (f.AfterLines > 0 && g.lines >= f.AfterLines)
}

// immediate says that the fault's place is before the first byte.
func (g *faultGate) immediate() bool {
	return g.handle.fault.AfterBytes == 0 && g.handle.fault.AfterLines == 0
}

// strike plays the fault at the present place. The error says that the answer
// is over.
func (g *faultGate) strike() error {
	g.struck = true
	f := g.handle.fault
	if f.InBand != "" {
		if _, err := io.WriteString(g.out, f.InBand); err != nil {
			return err
		}
	}
	if err := g.flush(); err != nil {
		return err
	}
	if f.Stall && !g.stalled && !g.handle.wait(g.ctx) {
		return g.ctx.Err()
	}
	switch f.End {
	case Clean:
		g.ended = true
		g.cancel()
		return errEnded
	case Reset:
		g.ended = true
		g.reset()
		return errEnded
	}
	return nil
}

// faultWriter is a gate before an HTTP answer.
type faultWriter struct {
	http.ResponseWriter
	gate *faultGate
}

func newFaultWriter(h *FaultHandle, w http.ResponseWriter, ctx context.Context, cancel context.CancelFunc) *faultWriter {
	return &faultWriter{ResponseWriter: w, gate: &faultGate{
		handle: h, ctx: ctx, cancel: cancel, out: w,
		flush: http.NewResponseController(w).Flush,
		reset: func() { panic(http.ErrAbortHandler) },
	}}
}

// Write writes through the gate.
func (w *faultWriter) Write(p []byte) (int, error) { return w.gate.Write(p) }

// Unwrap is for http.ResponseController.
func (w *faultWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
