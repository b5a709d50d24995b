package source

import (
	"context"
	"errors"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// pass is what one request for a log is to do.
type pass struct {
	opts *corev1.PodLogOptions
	// mute: lines are only taken note of.
	mute bool
	// final: an unfinished last line is a line.
	final bool
	// overlap: the log must contain the last line that was read, else the node
	// has thrown away what lies between.
	overlap bool
}

// result is what came of a pass.
type result struct {
	// lines that were new.
	lines int64
	// unfinished: the stream ended within a line, which was left alone.
	unfinished bool
	// err is what ended the stream; nil for a clean end.
	err error
	// inBand: kubelet put an error message in place of lines.
	inBand bool
	// refused: we may not read this log; gone: the node does not have it.
	refused, gone bool
	// met: the last line that was read before was met again.
	met bool
}

func (res result) ok() bool { return res.err == nil && !res.inBand }

// restIsALine reports whether an unfinished line at the end was met twice, with
// nothing new before it: then no end of it will come.
func (res result) restIsALine() bool { return res.ok() && res.lines == 0 && res.unfinished }

// reading is the state of one pass.
type reading struct {
	*Reader
	pass
	result
	stamps  stampParser
	filter  *filter
	lines   record.Assembler
	stamped bool  // a line with a time has been met
	last    int64 // its time
	drops   bool  // whether it was dropped, which holds for its continuations
	silence span  // the longest between two lines, since the last rewind
}

// read opens the log as p says and passes on its new lines until it ends.
func (r *Reader) read(ctx context.Context, p pass) result {
	release, ok := r.Slots.Take(ctx, r.queued)
	if !ok {
		return result{err: ctx.Err()}
	}
	defer release()
	if r.Follow { // who does not follow sees no next instance
		r.resume.opening(time.Now(), r.Pool.Sources())
	}
	opened := time.Now()
	r.readingSince.Store(opened.UnixNano()) // kubelet sends no header before the first line
	body, err := r.Logs.OpenLog(ctx, r.Origin.Namespace, r.Origin.Pod, p.opts)
	r.readingSince.Store(0)
	if err != nil {
		return r.openFailed(ctx, err)
	}
	defer body.Close()
	var from time.Time
	if p.opts.SinceTime != nil {
		from = p.opts.SinceTime.Time
	}
	s := &reading{Reader: r, pass: p, filter: r.resume.filter(from), last: r.resume.last}
	s.lines = record.Assembler{MaxLine: r.MaxLine + maxStamp, Batch: r.Pool.Get(r.Origin)}
	s.err = s.copy(ctx, body)
	r.Pool.Put(s.lines.Batch)
	if !s.inBand && !s.unfinished && (p.opts.Follow || r.instance.follows > 0) { // the end of the past is not the end of the log
		r.instance.cleanEnd = s.err == nil
	}
	s.met = s.filter.met
	if s.result.lines > 0 || time.Since(opened) > longLife {
		r.backoff.Progress()
	}
	return s.result
}

// maxStamp is the longest form of the time and the blank before a message.
const maxStamp = len("2006-01-02T15:04:05.000000000+00:00 ")

// copy reads to the end of body. The error is nil for a clean end.
func (s *reading) copy(ctx context.Context, body io.Reader) error {
	size := s.Pool.FirstRead()
	opened := time.Now()
	for {
		s.readingSince.Store(time.Now().UnixNano())
		n, err := body.Read(s.lines.Room(size))
		s.readingSince.Store(0)
		s.lines.Took(n, s.line)
		if now, _ := s.State.Get(); s.opts.Follow && now.ID == s.instance.id && time.Since(opened) > lag {
			s.resume.trust()
			s.tellGap()
		}
		size = s.Pool.NextRead(size, n)
		if err == nil {
			if err = s.send(ctx); err == nil {
				continue
			}
			return err
		}
		if !errors.Is(err, io.EOF) {
			return errors.Join(s.send(ctx), err)
		}
		if s.final {
			s.lines.Finish(s.line)
		}
		s.unfinished = s.lines.Unfinished()
		return s.send(ctx)
	}
}

// send hands on the whole lines read so far.
func (s *reading) send(ctx context.Context) error {
	if len(s.lines.Batch.Lines) == 0 {
		s.lines.Forget()
		return nil
	}
	return s.Sink.Send(ctx, s.lines.Hand(s.Pool.Get(s.Origin)))
}

// line judges one line of the stream, which lies at batch.Data[start:end].
func (s *reading) line(start, end int, cut int64) {
	text := s.lines.Batch.Data[start:end]
	t, n, stamped := s.stamps.parse(text)
	if !stamped {
		s.unstamped(text, start, end, cut)
		return
	}
	first := !s.stamped
	if s.opts.Follow && !first {
		s.watchTimes(t)
	}
	s.stamped, s.last = true, t
	if first && s.Tail >= 0 && !s.resume.started() && !s.New {
		s.resume.wantFrom(t) // what lies before the tail is not wanted later, either
	}
	if s.drops = s.filter.drop(t); s.drops {
		return
	}
	if s.overlap && s.filter.matched == 0 && s.result.lines == 0 {
		s.gap = &Event{Kind: Gap, From: unixOrZero(s.resume.last), To: time.Unix(0, t), Text: "the node has rotated the log away"}
		if !s.Follow || s.opts.Previous {
			s.tellGap()
		}
	}
	s.resume.add(t)
	s.deliver(t, start+n, end, cut)
}

// unstamped judges a line without a time: kubelet's own words, or the rest of a
// line of over 16 KiB whose parts kubelet has glued around a line of the other
// stream (kubernetes issue 77603).
func (s *reading) unstamped(text []byte, start, end int, cut int64) {
	beginsLog := !s.stamped && s.opts.SinceTime == nil
	switch {
	case fromKubelet(text) || (beginsLog && len(text) > 0):
		s.inBand = true
		if !s.told {
			s.told = true
			s.report(Event{Kind: NodeMessage, Text: string(text)})
		}
	case !s.stamped && s.resume.started(), s.drops:
		// The rest of a line that was read before.
	default:
		s.deliver(s.last, start, end, cut)
	}
}

func (s *reading) deliver(t int64, start, end int, cut int64) {
	s.instance.read = true
	s.result.lines++
	if s.result.lines == 1 {
		s.alive()
	}
	if s.mute {
		s.resume.wantFrom(t + 1)
		return
	}
	if excess := end - start - s.MaxLine; excess > 0 {
		end -= excess
		cut += int64(excess)
	}
	s.lines.Batch.Lines = append(s.lines.Batch.Lines, record.Line{Time: t, Start: int32(start), End: int32(end), Cut: cut})
}

// alive is told that a stream has brought a new line.
func (s *reading) alive() {
	switch {
	case s.told:
		s.told = false
		s.report(Event{Kind: Recovered})
	case s.opts.Follow && s.instance.follows > 0:
		s.report(Event{Kind: Reopened})
	}
}

// openFailed sorts the errors of opening a log.
func (r *Reader) openFailed(ctx context.Context, err error) result {
	res := result{err: err}
	switch {
	case ctx.Err() != nil:
	case apierrors.IsForbidden(err) && !r.resume.started(): // an API server that starts refuses what it has allowed before
		res.refused = true
		r.report(Event{Kind: Refused, Err: err})
	case apierrors.IsNotFound(err):
		res.gone = true
	case apierrors.IsBadRequest(err):
		// The container is only about to start, or the instance is gone; the
		// status will tell.
		res.gone = true
	default:
		r.instance.cleanEnd = false
		if !r.told {
			r.told = true
			r.report(Event{Kind: Retrying, Err: err})
		}
	}
	return res
}
