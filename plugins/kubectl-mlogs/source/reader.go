// Package source reads the log of one container, through all its restarts, and
// yields each line once: whatever ends a stream, the container's status decides
// what the end meant, and a stream that is opened again goes on exactly where
// the one before it stopped.
package source

import (
	"context"
	"io"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// Opener opens container logs; *kube.Cluster is one.
type Opener interface {
	OpenLog(ctx context.Context, namespace, pod string, opts *corev1.PodLogOptions) (io.ReadCloser, error)
}

// Sink takes the lines of one source.
type Sink interface {
	// Send hands a batch on and blocks while the reader of the output is slow.
	// The error is that of ctx.
	Send(ctx context.Context, b *record.Batch) error
	// CaughtUp says that what follows is live, or comes late: nobody should
	// wait for this source in order to put older lines in order.
	CaughtUp()
}

// Options say which lines are wanted.
type Options struct {
	// Follow goes on with new lines until the pod is gone.
	Follow bool
	// Previous reads the instance before the newest one, and ends.
	Previous bool
	// Tail limits the past to the last lines; negative means all.
	Tail int64
	// Since drops older lines; zero means none.
	Since time.Time
	// MaxLine is how many bytes of a line's message are kept.
	MaxLine int
}

// Reader reads one container. Fill in the exported fields, then call Run once.
// State must name an instance: a container that never ran has no log.
type Reader struct {
	Options
	Origin *record.Origin
	Logs   Opener
	State  *State
	Sink   Sink
	Pool   *record.Pool
	// Report takes events; it is called from this reader's goroutines.
	Report func(Event)
	// Refresh asks the API for the pod's present status and puts it into State.
	Refresh func(ctx context.Context)
	// Slots, where not nil, limits how many streams are open at once.
	Slots Slots
	// New says that the container started after we did: all its lines are
	// wanted, whatever Tail and Since say of the past.
	New bool
	// Unborn says that we saw the container before it ever ran, so that every
	// instance of it is wanted.
	Unborn bool

	resume   *resume
	instance instance
	backoff  Backoff
	told     bool // Retrying or NodeMessage was reported
	caughtUp bool
	// gap was met in a stream whose lines may yet turn out to be those of the
	// next instance, where nothing is missing.
	gap *Event
	// readingSince is the Unix nanosecond at which the Read that is under way
	// began, 0 while none is.
	readingSince atomic.Int64
}

// instance is one run of the container, of which kubelet keeps one log.
type instance struct {
	id       string
	restarts int32
	// read is set once any line of it has been read.
	read bool
	// cleanEnd: its last stream ended without an error.
	cleanEnd bool
	// drained: the instance has ended and all that the node has of it was read.
	drained bool
	// follows counts its follow streams.
	follows int
}

// Run reads until the container's log is complete or ctx ends.
func (r *Reader) Run(ctx context.Context) {
	defer r.Pool.Join()()
	defer r.setCaughtUp()
	defer r.tellGap()
	r.resume = newResume()
	if !r.Since.IsZero() && !r.New {
		r.resume.wantFrom(r.Since.UnixNano())
	}
	switch {
	case r.Previous:
		r.readPast(ctx, true)
	case !r.Follow:
		r.readPast(ctx, false)
	default:
		r.follow(ctx)
	}
}

// follow is the life of a source: which step is next depends only on what is
// known of the container and on what was read of it.
func (r *Reader) follow(ctx context.Context) {
	for ctx.Err() == nil {
		now, changed := r.State.Get()
		switch {
		case now.Gone:
			if !r.instance.drained && !r.instance.cleanEnd {
				r.report(Event{Kind: Gap, From: unixOrZero(r.resume.last), Text: "the pod was deleted before its log was read to the end"})
			}
			return
		case r.instance.id == "" && r.Unborn && now.Restarts > 0:
			// Seen before it ever ran, and has ended and begun again since.
			r.instance = instance{restarts: -1, drained: true}
			r.setCaughtUp()
			r.restarted(ctx, now)
		case r.instance.id == "":
			r.instance = instance{id: now.ID, restarts: now.Restarts}
			if !r.readHistory(ctx) {
				return
			}
			r.setCaughtUp()
		case now.ID != r.instance.id:
			r.restarted(ctx, now)
		case now.Ended && r.instance.drained:
			if now.Final {
				return
			}
			Wait(ctx, changed, 0)
		case now.Ended:
			r.instance.cleanEnd = r.instance.cleanEnd && !now.Lost
			r.instance.drained = r.drain(ctx)
		default:
			if !r.stream(ctx) {
				return
			}
		}
	}
}

// queued is told that the source has to wait for a slot.
func (r *Reader) queued() {
	r.report(Event{Kind: Queued})
	r.setCaughtUp()
}

func (r *Reader) setCaughtUp() {
	if !r.caughtUp {
		r.caughtUp = true
		r.Sink.CaughtUp()
	}
}

func (r *Reader) tellGap() {
	if r.gap != nil {
		r.report(*r.gap)
		r.gap = nil
	}
}

func (r *Reader) report(e Event) {
	e.Origin = r.Origin
	r.Report(e)
}
