package source

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// maxPasses bounds how often the end of a finished log is looked at again.
const maxPasses = 4

// After so many failures in a row a log that the node does not have is taken for
// lost: about 5 s where it answers 404 or 400, as a kubelet that restarts does,
// too, and 1 s where kubelet itself says that the container is gone.
const (
	giveUp     = 6
	giveUpSaid = 3
)

func (r *Reader) lost(res result) bool {
	return (res.gone && r.backoff.InRow >= giveUp) || (res.inBand && r.backoff.InRow >= giveUpSaid)
}

// logOptions is the request for this container's log.
func (r *Reader) logOptions() *corev1.PodLogOptions {
	return &corev1.PodLogOptions{Container: r.Origin.Container, Timestamps: true}
}

// pastOptions is the first request for the past, as Tail and Since want it.
func (r *Reader) pastOptions() *corev1.PodLogOptions {
	opts := r.logOptions()
	if r.New {
		return opts
	}
	if !r.Since.IsZero() {
		since := metav1.NewTime(r.Since.Truncate(time.Second))
		opts.SinceTime = &since
	}
	if r.Tail >= 0 {
		tail := max(r.Tail, 1) // one line, not shown, marks where "nothing" ends
		opts.TailLines = &tail
	}
	return opts
}

// resumeOptions asks for what follows the last line read, or for the past when
// none was read.
func (r *Reader) resumeOptions() *corev1.PodLogOptions {
	if !r.resume.started() {
		return r.pastOptions()
	}
	opts := r.logOptions()
	since := metav1.NewTime(r.resume.since())
	opts.SinceTime = &since
	return opts
}

// readHistory reads the past of the first instance to its end, and says whether
// to go on. The past has an end of its own, which a follow stream does not show.
func (r *Reader) readHistory(ctx context.Context) bool {
	for ctx.Err() == nil {
		res := r.read(ctx, pass{opts: r.resumeOptions(), mute: r.muted(), overlap: r.instance.read})
		if res.refused {
			return false
		}
		if res.ok() {
			return true
		}
		r.setCaughtUp()
		now, changed := r.State.Get()
		if now.Gone || now.ID != r.instance.id {
			return true
		}
		if now.Ended && r.lost(res) {
			r.tellLost("the log is gone from the node")
			r.instance.drained = true
			return true
		}
		Wait(ctx, changed, r.backoff.Pause())
		r.Refresh(ctx)
	}
	return true
}

func (r *Reader) muted() bool { return r.Tail == 0 && !r.New && !r.resume.started() }

// stream follows the running instance until its stream ends, and says whether
// to go on.
func (r *Reader) stream(ctx context.Context) bool {
	opts := r.resumeOptions()
	if !r.resume.started() {
		opts.TailLines = nil // the past was empty: every line is new
	}
	opts.Follow = true
	ctxStream, cancel := context.WithCancel(ctx)
	go r.guard(ctxStream, cancel, r.instance.id)
	res := r.read(ctxStream, pass{opts: opts, overlap: r.instance.read})
	cancel()
	if res.refused {
		return false
	}
	r.instance.follows++
	if ctx.Err() != nil {
		return true
	}
	r.Refresh(ctx)
	if now, changed := r.State.Get(); now.ID == r.instance.id && !now.Ended && !now.Gone {
		Wait(ctx, changed, r.backoff.Pause())
	}
	return true
}

// drain reads what is left of an instance that has ended, and says whether it
// got to the end. A pass without anything new proves the end; one that found
// something may itself have been cut short.
func (r *Reader) drain(ctx context.Context) bool {
	final := false
	for n := 0; n < maxPasses && ctx.Err() == nil; n++ {
		res := r.read(ctx, pass{opts: r.resumeOptions(), final: final, overlap: r.instance.read})
		final = res.restIsALine()
		proof := res.lines == 0 && !res.unfinished && r.gap == nil && (res.met || !r.instance.read)
		switch {
		case res.ok() && proof:
			return true
		case res.ok() && (res.lines > 0 || res.unfinished):
			continue
		}
		now, changed := r.State.Get()
		switch {
		case res.refused || now.Gone || now.ID != r.instance.id:
			return false
		case r.lost(res) || (res.ok() && r.backoff.InRow >= giveUp):
			r.tellGap()
			r.tellLost("the log is gone from the node")
			return true
		}
		Wait(ctx, changed, r.backoff.Pause())
		return false
	}
	return false
}

// restarted moves on to a newer instance. What was not read of the older one is
// fetched as the previous log while the node still has it.
func (r *Reader) restarted(ctx context.Context, now Snapshot) {
	old := r.instance
	reachable := now.PreviousID != "" && now.PreviousID != now.ID
	unread := now.Restarts - old.restarts - 1 // instances that came and went unseen
	switch {
	case old.drained && unread <= 0 && !r.resume.doubtful():
	case reachable && now.PreviousID == old.id:
		r.gap = nil // what looked like one was the next instance's log
		r.readPrevious(ctx)
	default:
		r.tellGap()
		if reachable && unread > 0 {
			unread--
			r.instance = instance{id: now.PreviousID}
			r.readPrevious(ctx)
		}
		if unread > 0 || !(old.drained || old.cleanEnd) {
			r.report(Event{Kind: Gap, From: unixOrZero(r.resume.last), To: now.FinishedAt, Text: lostInstances(unread)})
		}
	}
	r.instance = instance{id: now.ID, restarts: now.Restarts}
	r.New = true
	r.backoff.Progress() // they were the old instance's
	r.readInstance(ctx)
}

// readInstance reads a new instance from its first line. No sinceTime: a node's
// clock may have been set back, and a fresh log is short.
func (r *Reader) readInstance(ctx context.Context) {
	res := r.read(ctx, pass{opts: r.logOptions()})
	if !res.ok() && !res.refused {
		_, changed := r.State.Get()
		Wait(ctx, changed, r.backoff.Pause())
		r.Refresh(ctx)
	}
}

func (r *Reader) readPrevious(ctx context.Context) {
	opts := r.logOptions()
	opts.Previous = true
	from := r.resume.sinceSure()
	resumed := r.instance.read && !from.IsZero() // else no line is surely of this instance
	if resumed {
		since := metav1.NewTime(from)
		opts.SinceTime = &since
	}
	final := false
	for ctx.Err() == nil {
		res := r.read(ctx, pass{opts: opts, final: final, overlap: resumed})
		final = res.restIsALine()
		switch now, changed := r.State.Get(); {
		case res.refused || now.Gone || r.lost(res): // the node has removed it
			r.tellLost("the previous instance's log is gone from the node")
			return
		case !res.ok():
			Wait(ctx, changed, r.backoff.Pause())
		case res.lines == 0 && !res.unfinished:
			return
		}
	}
}

// readPast reads what is there now and ends.
func (r *Reader) readPast(ctx context.Context, previous bool) {
	began := time.Now().UnixNano()
	final := false
	for n := 0; n < maxPasses && ctx.Err() == nil; n++ {
		opts := r.resumeOptions()
		opts.Previous = previous
		res := r.read(ctx, pass{opts: opts, mute: r.Tail == 0, final: final, overlap: r.instance.read})
		final = res.restIsALine()
		if res.lines > 0 && (!res.ok() || r.resume.last < began) {
			n = 0 // it got on, and may have been cut short
		}
		switch {
		case res.refused:
			return
		case !res.ok():
			if n == maxPasses-1 {
				r.report(Event{Kind: Failed, Err: res.err})
				return
			}
			Wait(ctx, nil, r.backoff.Pause())
			r.Refresh(ctx)
		case res.lines == 0 && !res.unfinished:
			return
		}
	}
}

// tellLost reports that the rest of an instance cannot be read any more, unless
// nothing of it is likely to be missing: its stream had ended cleanly, and no
// server was in trouble then.
func (r *Reader) tellLost(why string) {
	if !r.instance.cleanEnd && !r.instance.drained {
		r.report(Event{Kind: Gap, From: unixOrZero(r.resume.last), Text: why})
	}
}

func unixOrZero(nanos int64) time.Time {
	if nanos == record.NoTime {
		return time.Time{}
	}
	return time.Unix(0, nanos)
}

func lostInstances(n int32) string {
	if n <= 0 {
		return "the container was restarted before its log was read to the end"
	}
	return fmt.Sprintf("the container was restarted faster than its logs could be read; %d of its runs are lost", n)
}
