package file

import (
	"context"
	"errors"
	"time"

	"github.com/kubechores/kubechores/pkg/kube"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// Reader reads one file of one container. Fill in the exported fields, then call
// Run once.
type Reader struct {
	source.Options
	// Path is the file's name in the container.
	Path   string
	Place  *Place
	Origin *record.Origin
	State  *source.State
	Sink   source.Sink
	Pool   *record.Pool
	// Report takes events; it is called from this reader's goroutines.
	Report func(source.Event)
	// Refresh asks the API for the pod's present status and puts it into State.
	Refresh func(ctx context.Context)
	// Slots, where not nil, limits how many files are open at once.
	Slots source.Slots
	// Stall is how long lines may wait to be taken before the exec is given up; it
	// is opened again when they have been. Zero means 15 s.
	Stall time.Duration
	// New says that the file came after we did: all of it is wanted, whatever
	// Tail and Since say of the past.
	New bool

	instance string        // the container's, that is being read
	cur      *generation   // the file under the name
	old      *generation   // the one before it, to which a program may still write
	rotated  []entry       // what was there besides when we looked last, and cur had the name
	done     []*generation // the last files that are finished: to where they were read
	unread   []entry       // what was to be read when we looked last
	// truncated: cur was, and what was not read of it is to be looked for.
	truncated bool
	emptied   bool          // its writer went on where he was
	began     time.Time     // when the last stream was opened
	until     int64         // where in cur the past ends that is wanted, 0 for nowhere
	unsent    *record.Batch // was not taken in time
	lastRead  time.Time
	backoff   source.Backoff
	caughtUp  bool
	cut       bool   // the stream broke; the next one that works is told
	trouble   string // what was reported last to be wrong
}

// Run reads until the file's container is gone, or without Follow to the file's
// end, or until ctx ends.
func (r *Reader) Run(ctx context.Context) {
	defer r.Pool.Join()()
	defer r.setCaughtUp()
	release, ok := r.Slots.Take(ctx, r.queued)
	if !ok {
		return
	}
	defer release()
	if r.Follow {
		r.follow(ctx)
	} else {
		r.readOnce(ctx)
	}
	r.finish(ctx)
}

// follow is the life of a source: the container's state says what is next.
func (r *Reader) follow(ctx context.Context) {
	for ctx.Err() == nil {
		now, changed := r.State.Get()
		switch {
		case now.Gone, now.Ended && now.Final:
			r.tellEnd()
			return
		case now.Ended:
			r.setCaughtUp()
			source.Wait(ctx, changed, 0)
		default:
			if r.instance != now.ID && r.instance != "" {
				r.New = true // what it finds now is no past
				r.Place.leave(r.instance)
			}
			r.instance = now.ID
			if r.pace(ctx); !r.stream(ctx) {
				return
			}
		}
	}
}

// stream reads through one exec, and says whether to go on.
func (r *Reader) stream(ctx context.Context) bool {
	ctxStream, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go r.guard(ctxStream, cancel, r.instance)
	return r.judge(ctx, r.read(ctxStream, opTail))
}

// attempts is how often a file is asked for that is read once.
const attempts = 4

// readOnce reads what is there now.
func (r *Reader) readOnce(ctx context.Context) {
	now, _ := r.State.Get()
	if now.Ended || now.Gone {
		r.tellNotRunning(now.Kind)
		return
	}
	r.instance = now.ID
	for n := 0; ctx.Err() == nil; {
		r.pace(ctx)
		err := r.read(ctx, opOnce)
		if err == nil || !r.judge(ctx, err) {
			return
		}
		if !errors.Is(err, errStalled) && !errors.Is(err, errMoved) {
			n++
		}
		if n == attempts {
			r.report(source.Event{Kind: source.Failed, Err: err})
			return
		}
	}
}

func (r *Reader) tellNotRunning(kind kube.ContainerKind) {
	if kind != kube.Init { // one of those has done its work
		r.report(source.Event{Kind: source.Failed, Err: errNotRunning})
	}
}

// read brings what was left undone to an end and then runs the agent.
func (r *Reader) read(ctx context.Context, op string) error {
	if err := r.resend(ctx); err != nil {
		return err
	}
	old, err := r.prepare(ctx)
	if err != nil {
		return err
	}
	args := []string{op, r.inContainer(r.Path), decimal(r.cur.pos)}
	if old != "" && op == opTail {
		args = append(args, old)
		if r.old != nil {
			args = append(args, decimal(r.old.pos))
		}
	}
	s := &session{Reader: r, ctx: ctx, follow: op == opTail}
	return r.Place.run(ctx, args, s.handler())
}

// leastPause is the least time from one stream's beginning to the next one's: whatever
// goes wrong, an API server gets no more than a few execs a second.
const leastPause = 500 * time.Millisecond

func (r *Reader) pace(ctx context.Context) {
	if early := leastPause - time.Since(r.began); early > 0 {
		source.Wait(ctx, nil, early)
	}
	r.began = time.Now()
}

// guard ends a stream that outlives the container: it should end by itself, but
// a node that vanished does not end it.
func (r *Reader) guard(ctx context.Context, cancel context.CancelCauseFunc, id string) {
	for {
		now, changed := r.State.Get()
		if now.Gone || now.Ended || now.ID != id {
			source.Wait(ctx, nil, grace)
			cancel(errContainerEnded)
			return
		}
		if source.Wait(ctx, changed, 0); ctx.Err() != nil {
			return
		}
	}
}

// grace is how long the stream of a container that has ended may last.
const grace = 3 * time.Second

// queued is told that the source has to wait for a slot.
func (r *Reader) queued() {
	r.report(source.Event{Kind: source.Queued})
	r.setCaughtUp()
}

func (r *Reader) setCaughtUp() {
	if !r.caughtUp {
		r.caughtUp = true
		r.Sink.CaughtUp()
	}
}

func (r *Reader) report(e source.Event) {
	e.Origin = r.Origin
	r.Report(e)
}
