package merge

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// What is in the buffer does not wait for a source that says nothing.
func TestFlushWhileAFeedIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool, out := &record.Pool{}, &recorder{}
		m := New(out, pool, Options{})
		a, b := m.Past(), m.Past()
		go func() {
			_ = a.Send(t.Context(), batch(pool, "a", 0, 1))
			_ = b.Send(t.Context(), batch(pool, "b", 0, 2))
			b.CaughtUp()
			time.Sleep(time.Hour) // a goes on only then
			a.CaughtUp()
		}()
		done := make(chan struct{})
		ended := make(chan error)
		go func() { ended <- m.Run(t.Context(), done) }()
		time.Sleep(time.Second)
		if got := out.texts(); len(got) != 1 || out.flushed() == 0 {
			t.Errorf("after a second: %q, flushed %d times; want the first line, flushed", got, out.flushed())
		}
		time.Sleep(time.Hour)
		close(done)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if got, want := out.texts(), []string{"a0@1", "b0@2"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A feed that has said nothing for Patience holds up the others no longer; what
// it says then is printed late, in its own order, and not lost.
func TestPatience(t *testing.T) {
	for _, window := range []time.Duration{0, time.Second} {
		t.Run(fmt.Sprintf("window %v", window), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testPatience(t, window) })
		})
	}
}

func testPatience(t *testing.T, window time.Duration) {
	pool, out := &record.Pool{}, &recorder{}
	m := New(out, pool, Options{Patience: 10 * time.Second, Window: window})
	a, b := m.Past(), m.Past()
	var senders sync.WaitGroup
	senders.Go(func() { _ = feedBatches(t.Context(), pool, a, "a", 2, []int64{11}, []int64{12}, []int64{13}) })
	senders.Go(func() {
		time.Sleep(time.Minute)
		_ = feedBatches(t.Context(), pool, b, "b", 3, []int64{1}, []int64{2}, []int64{3}, []int64{24}, []int64{25})
	})
	done := make(chan struct{})
	go func() { senders.Wait(); close(done) }()
	ended := make(chan error)
	go func() { ended <- m.Run(t.Context(), done) }()

	time.Sleep(9 * time.Second)
	if got := out.texts(); len(got) > 0 {
		t.Errorf("before the patience was over: %q", got)
	}
	time.Sleep(3 * time.Second)
	if got, want := out.texts(), []string{"a0@11", "a1@12", "a2@13"}; !slices.Equal(got, want) {
		t.Errorf("when the patience is over: %q, want %q", got, want)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got, want := out.texts(), []string{"a0@11", "a1@12", "a2@13", "b0@1", "b1@2", "b2@3", "b3@24", "b4@25"}; !slices.Equal(got, want) {
		t.Errorf("at the end: %q, want %q", got, want)
	}
}

// Many silent feeds are waited for together, not one after the other.
func TestPatienceWithManyFeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool, out := &record.Pool{}, &recorder{}
		m := New(out, pool, Options{Patience: 10 * time.Second})
		var silent []*Feed
		for range 100 {
			silent = append(silent, m.Past())
		}
		a := m.Past()
		done := make(chan struct{})
		ended := make(chan error)
		go func() { ended <- m.Run(t.Context(), done) }()
		if err := feedBatches(t.Context(), pool, a, "a", 1, []int64{1}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Second)
		if got := out.texts(); len(got) != 1 {
			t.Errorf("after 11 s, with a patience of 10 s, %d lines are printed; want 1", len(got))
		}
		for _, f := range silent {
			f.CaughtUp()
		}
		close(done)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if got := out.texts(); len(got) != 1 {
			t.Errorf("%q, want one line", got)
		}
	})
}

// The lines of a late feed wait for a slow output like any other's: those of
// its past, and then those that it sends live, in order, to the last.
func TestLateFeedBehindASlowOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool, out := &record.Pool{}, &recorder{gate: make(chan struct{})}
		m := New(out, pool, Options{Patience: time.Second})
		b, a := m.Past(), m.Live()
		done := make(chan struct{})
		ended := make(chan error)
		go func() { ended <- m.Run(t.Context(), done) }()
		time.Sleep(time.Minute) // b is late now
		var want []string
		var senders sync.WaitGroup
		senders.Go(func() {
			for i := range liveQueue + 1 { // the output holds one, the others fill the queue
				_ = a.Send(t.Context(), batch(pool, "a", i, int64(i)))
			}
		})
		synctest.Wait()
		senders.Go(func() {
			_ = feedBatches(t.Context(), pool, b, "b", 3, []int64{1}, []int64{2}, []int64{3}, []int64{4}, []int64{5})
		})
		synctest.Wait()
		go func() { senders.Wait(); close(done) }()
		close(out.gate)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		for i := range liveQueue + 1 {
			want = append(want, fmt.Sprintf("a%d@%d", i, i))
		}
		want = append(want, "b0@1", "b1@2", "b2@3", "b3@4", "b4@5")
		if got := out.texts(); !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

// A late feed that is at its end when done is closed may have lines that are
// still on their way into the live queue.
func TestLateFeedAtTheEnd(t *testing.T) {
	for _, window := range []time.Duration{0, time.Second} {
		for range 50 {
			synctest.Test(t, func(t *testing.T) {
				pool, out := &record.Pool{}, &recorder{}
				m := New(out, pool, Options{Patience: time.Second, Window: window})
				b := m.Past()
				done := make(chan struct{})
				ended := make(chan error)
				go func() { ended <- m.Run(t.Context(), done) }()
				time.Sleep(time.Minute)
				if err := feedBatches(t.Context(), pool, b, "b", 3, []int64{1}, []int64{2}, []int64{3}); err != nil {
					t.Fatal(err)
				}
				close(done)
				if err := <-ended; err != nil {
					t.Fatal(err)
				}
				if got, want := out.texts(), []string{"b0@1", "b1@2", "b2@3"}; !slices.Equal(got, want) {
					t.Fatalf("window %v: got %q, want %q", window, got, want)
				}
			})
		}
	}
}

// Who says something now and then is waited for.
func TestPatienceBeginsAnewWithEachWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool, out := &record.Pool{}, &recorder{}
		m := New(out, pool, Options{Patience: 10 * time.Second})
		a, b := m.Past(), m.Past()
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = feedBatches(t.Context(), pool, a, "a", 1, []int64{100})
			for i := range int64(5) {
				time.Sleep(6 * time.Second)
				_ = b.Send(t.Context(), batch(pool, "b", int(i), i))
			}
			b.CaughtUp()
		}()
		if err := m.Run(t.Context(), done); err != nil {
			t.Fatal(err)
		}
		if got, want := out.texts(), []string{"b0@0", "b1@1", "b2@2", "b3@3", "b4@4", "a0@100"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
