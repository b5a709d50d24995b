// Package merge puts the lines of many sources into one order: the past by time
// across all sources, what comes live as it comes or through a short reorder
// window. Memory is bounded: each source has a few batches under way and is
// blocked until they have been written.
package merge

import (
	"context"
	"sync"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// Output takes lines in their final order.
type Output interface {
	// Lines takes lines from..to-1 of the batch. The batch is reused after it returns.
	Lines(b *record.Batch, from, to int) error
	// Flush is called when nothing more is at hand.
	Flush() error
}

// Options of a Merger.
type Options struct {
	// Window is how long live lines are held back to be put in order of time;
	// zero prints them as they come.
	Window time.Duration
	// Patience is how long the past waits for a source that says nothing before
	// it goes on without it; zero means for ever.
	Patience time.Duration
}

const (
	pastQueue = 1  // batches a source may be ahead in the past
	liveQueue = 64 // batches of all sources together
	// flushAfter is how long output may lie in the buffer while a source is
	// waited for.
	flushAfter = 20 * time.Millisecond
)

// Merger merges. Make the feeds of the past, then call Run; feeds may be added
// while it runs.
type Merger struct {
	Options
	out  Output
	pool *record.Pool
	live chan *record.Batch

	mu   sync.Mutex
	past []*Feed
	late sync.WaitGroup // feeds that the past did not wait for and that still have lines of it
}

// New returns a Merger that writes to out and gives batches back to pool.
func New(out Output, pool *record.Pool, opts Options) *Merger {
	return &Merger{Options: opts, out: out, pool: pool, live: make(chan *record.Batch, liveQueue)}
}

// Past adds a source whose past takes part in the order. Call it before Run.
func (m *Merger) Past() *Feed {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := &Feed{merger: m, past: make(chan *record.Batch, pastQueue), passed: make(chan struct{}), seq: len(m.past)}
	m.past = append(m.past, f)
	return f
}

// Live adds a source whose lines are printed as they come.
func (m *Merger) Live() *Feed { return &Feed{merger: m, caughtUp: true} }

// Run merges until done is closed and everything sent before has been written,
// or until the output fails, or ctx ends; live lines at hand are written in any
// case. When done is closed, every feed of the past must have caught up. Senders
// must stop after Run has returned, by their own ctx.
func (m *Merger) Run(ctx context.Context, done <-chan struct{}) error {
	err := m.runPast(ctx)
	if err == nil && m.Window > 0 {
		err = m.runSorted(ctx, done)
	} else if err == nil {
		err = m.runLive(ctx, done)
	}
	if err != nil {
		return err
	}
	return m.out.Flush()
}

// runLive prints batches as they come.
func (m *Merger) runLive(ctx context.Context, done <-chan struct{}) error {
	for {
		select {
		case b := <-m.live:
			if err := m.whole(b); err != nil {
				return err
			}
			continue
		default:
		}
		if err := m.out.Flush(); err != nil {
			return err
		}
		select {
		case b := <-m.live:
			if err := m.whole(b); err != nil {
				return err
			}
		case <-done:
			return m.rest(m.whole)
		case <-ctx.Done():
			return m.rest(m.whole)
		}
	}
}

// rest takes what lies in the queue, and what late feeds are about to put there.
func (m *Merger) rest(take func(*record.Batch) error) error {
	none := make(chan struct{})
	go func() {
		m.late.Wait()
		close(none)
	}()
	for last := false; ; {
		select {
		case b := <-m.live:
			if err := take(b); err != nil {
				return err
			}
			continue
		default:
		}
		if last {
			return nil
		}
		select {
		case b := <-m.live:
			if err := take(b); err != nil {
				return err
			}
		case <-none:
			last = true
		}
	}
}

func (m *Merger) whole(b *record.Batch) error {
	err := m.out.Lines(b, 0, len(b.Lines))
	m.pool.Put(b)
	return err
}

// Feed is one source's way into the Merger; it is a source.Sink. Its methods
// are called from one goroutine.
type Feed struct {
	merger   *Merger
	past     chan *record.Batch
	caughtUp bool

	// The merger's side.
	seq     int
	current *record.Batch
	pos     int
	heard   time.Time     // when it last said something
	passed  chan struct{} // closed when all of its past has been taken; nil for a live feed
}

// Send hands a batch on; see source.Sink.
func (f *Feed) Send(ctx context.Context, b *record.Batch) error {
	to := f.past
	if f.caughtUp {
		to = f.merger.live
		if f.passed != nil { // live lines must not overtake those of the past
			select {
			case <-f.passed:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	select {
	case to <- b:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// CaughtUp ends the feed's part in the past; see source.Sink.
func (f *Feed) CaughtUp() {
	if !f.caughtUp {
		f.caughtUp = true
		close(f.past)
	}
}

func (f *Feed) time() int64 { return f.current.Lines[f.pos].Time }
