package file

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

const (
	// handful is how many bytes of lines are gathered before they are handed on.
	handful = 64 << 10
	// defaultStall: while nobody takes what comes, client-go answers no pings, and
	// the server drops the connection after a minute. It is better to leave in good
	// order and to come back to the same byte.
	defaultStall = 15 * time.Second
)

// errStalled: the reader of our output does not read.
var errStalled = errors.New("the output is not being read")

func (r *Reader) newGeneration(pos int64) *generation {
	g := &generation{pos: pos, hole: pos == 0}
	g.lines = record.Assembler{MaxLine: r.MaxLine, Batch: r.Pool.Get(r.Origin)}
	g.clock.live = r.caughtUp
	g.each = func(start, end int, cut int64) {
		g.clock.live = r.caughtUp
		t := g.clock.of(g.lines.Batch.Data[start:end])
		if !r.New && !r.Since.IsZero() && t != record.NoTime && t < r.Since.UnixNano() {
			return
		}
		g.lines.Batch.Lines = append(g.lines.Batch.Lines, record.Line{Time: t, Start: int32(start), End: int32(end), Cut: cut})
	}
	return g
}

// deliver cuts new bytes into lines.
func (r *Reader) deliver(ctx context.Context, g *generation, fresh []byte) error {
	if beyond := g.pos - r.until; r.until > 0 && beyond > 0 {
		fresh = fresh[:max(0, int64(len(fresh))-beyond)]
		g.ended = true
	}
	fresh = g.skipHole(fresh)
	if len(fresh) == 0 {
		return nil
	}
	if !g.judged {
		if isBinary(fresh) {
			return errBinary
		}
		g.judged = true
	}
	n := copy(g.lines.Room(len(fresh)), fresh)
	g.lines.Took(n, g.each)
	if len(g.lines.Batch.Data) < handful {
		return nil
	}
	return r.send(ctx, g)
}

// send hands on the whole lines so far.
func (r *Reader) send(ctx context.Context, g *generation) error {
	if len(g.lines.Batch.Lines) == 0 {
		g.lines.Forget()
		return nil
	}
	b := g.lines.Hand(r.Pool.Get(r.Origin))
	patient, cancel := context.WithTimeout(ctx, cmp.Or(r.Stall, defaultStall))
	defer cancel()
	err := r.Sink.Send(patient, b)
	if err != nil && ctx.Err() == nil {
		r.unsent = b
		return errStalled
	}
	return err
}

// resend hands on what was not taken in time.
func (r *Reader) resend(ctx context.Context) error {
	if r.unsent == nil {
		return nil
	}
	if err := r.Sink.Send(ctx, r.unsent); err != nil {
		return err
	}
	r.unsent = nil
	return nil
}

// finish tells unfinished last lines when nothing more will come.
func (r *Reader) finish(ctx context.Context) {
	if r.resend(ctx) != nil {
		return
	}
	r.finishOld(ctx)
	if r.cur != nil {
		r.close(ctx, r.cur)
		r.cur = nil
	}
}

func (r *Reader) finishOld(ctx context.Context) {
	if r.old != nil {
		r.close(ctx, r.old)
		r.old = nil
	}
}

// close ends a generation. What cannot be handed on any more is lost with ctx.
func (r *Reader) close(ctx context.Context, g *generation) {
	if g.claimed {
		r.Place.release(g.id, g.pos)
	}
	r.finished(g.id, g, g.pos)
	if !g.ended {
		g.lines.Finish(g.each)
	}
	if len(g.lines.Batch.Lines) > 0 {
		if r.Sink.Send(ctx, g.lines.Hand(r.Pool.Get(r.Origin))) != nil {
			return
		}
	}
	r.Pool.Put(g.lines.Batch)
}

// finished remembers that the first size bytes of a file were read, and their end.
func (r *Reader) finished(id string, g *generation, size int64) {
	size = min(size, g.pos)
	if kept := g.kept[:max(0, int64(len(g.kept))-(g.pos-size))]; len(kept) > 0 {
		r.done = append(r.done, &generation{id: id, pos: size, kept: bytes.Clone(kept[max(0, len(kept)-repeats):])})
		r.done = r.done[max(0, len(r.done)-maxDone):]
	}
}

// maxDone is how many finished files are remembered.
const maxDone = 16

// isBinary judges by the first bytes of a file: text has next to no control
// characters, compressed data has them everywhere.
func isBinary(p []byte) bool {
	p = p[:min(len(p), 8000)]
	odd := 0
	for _, b := range p {
		if b < ' ' && b != '\n' && b != '\t' && b != '\r' && b != '\f' && b != '\b' && b != 0x1b {
			odd++
		}
	}
	return odd > 3 && odd*20 > len(p)
}
