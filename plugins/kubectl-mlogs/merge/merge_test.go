package merge

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// A slow output stops the sources: only so many batches are under way.
func TestBackPressure(t *testing.T) {
	for _, test := range []struct {
		name string
		feed func(*Merger) *Feed
		most int // batches sent while the output takes none
	}{
		{"past", (*Merger).Past, 1 + pastQueue},
		{"live", (*Merger).Live, 1 + liveQueue},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pool, out := &record.Pool{}, &recorder{gate: make(chan struct{})}
				m := New(out, pool, Options{})
				f := test.feed(m)
				done := make(chan struct{})
				ended := make(chan error)
				go func() { ended <- m.Run(t.Context(), done) }()
				var sent atomic.Int64
				go func() {
					defer close(done)
					defer f.CaughtUp()
					for i := range 200 {
						if f.Send(t.Context(), batch(pool, "a", i, int64(i))) != nil {
							return
						}
						sent.Add(1)
					}
				}()
				time.Sleep(time.Hour)
				if got := int(sent.Load()); got != test.most {
					t.Errorf("%d batches were taken while the output stood still, want %d", got, test.most)
				}
				close(out.gate)
				if err := <-ended; err != nil {
					t.Fatal(err)
				}
				if got := len(out.texts()); got != 200 {
					t.Errorf("%d lines in the end, want 200", got)
				}
			})
		})
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	for _, test := range []struct {
		name string
		feed func(*Merger) *Feed
		room int // batches that fit while nobody runs the Merger
	}{{"past", (*Merger).Past, pastQueue}, {"live", (*Merger).Live, liveQueue}} {
		t.Run(test.name, func(t *testing.T) {
			pool := &record.Pool{}
			f := test.feed(New(&recorder{}, pool, Options{}))
			for i := range test.room {
				if err := f.Send(t.Context(), batch(pool, "a", i, 1)); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := f.Send(ctx, batch(pool, "a", test.room, 1)); !errors.Is(err, context.Canceled) {
				t.Errorf("Send = %v, want that it was cancelled", err)
			}
		})
	}
}

// When ctx ends, Run ends, whatever the feeds do; live lines at hand are printed.
func TestRunEndsWithItsContext(t *testing.T) {
	for _, test := range []struct {
		name   string
		opts   Options
		silent bool // a feed of the past says nothing
		before int  // lines printed before ctx ends; in the end it is both
	}{
		{"while it waits for the past", Options{}, true, 0},
		{"with a late feed", Options{Patience: time.Second}, true, 2},
		{"while live", Options{}, false, 2},
		{"while lines are held", Options{Window: time.Hour}, false, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				pool, out := &record.Pool{}, &recorder{}
				m := New(out, pool, test.opts)
				if test.silent {
					m.Past()
				}
				f := m.Live()
				ended := make(chan error)
				go func() { ended <- m.Run(ctx, nil) }()
				go func() { _ = feedBatches(t.Context(), pool, f, "a", 0, []int64{1, 2}) }()
				time.Sleep(time.Minute)
				if got := out.texts(); len(got) != test.before {
					t.Errorf("%q before the end, want %d lines", got, test.before)
				}
				cancel()
				if err := <-ended; err != nil {
					t.Errorf("Run = %v", err)
				}
				if got := out.texts(); len(got) != 2 || out.flushes == 0 {
					t.Errorf("%q, flushed %d times; want both lines, flushed", got, out.flushes)
				}
			})
		})
	}
}

func TestRunEndsWithItsOutput(t *testing.T) {
	broken := errors.New("broken pipe")
	for _, test := range []struct {
		name string
		opts Options
		feed func(*Merger) *Feed
	}{
		{"past", Options{}, (*Merger).Past},
		{"live", Options{}, (*Merger).Live},
		{"window", Options{Window: time.Millisecond}, (*Merger).Live},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pool := &record.Pool{}
				m := New(&recorder{fail: broken}, pool, test.opts)
				f := test.feed(m)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go func() { _ = feedBatches(ctx, pool, f, "a", 1, []int64{1}, []int64{2}) }()
				if err := m.Run(ctx, nil); !errors.Is(err, broken) {
					t.Errorf("Run = %v, want %v", err, broken)
				}
			})
		})
	}
}
