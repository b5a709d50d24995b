package merge

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// printed is a line as the output got it.
type printed struct {
	time int64
	text string
}

// recorder is an Output that keeps what it gets.
type recorder struct {
	mu      sync.Mutex
	lines   []printed
	flushes int
	gate    chan struct{} // where not nil, Lines waits for it to be closed
	fail    error
}

func (r *recorder) Lines(b *record.Batch, from, to int) error {
	if r.gate != nil {
		<-r.gate
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	if from >= to {
		return fmt.Errorf("lines %d to %d", from, to)
	}
	for i := from; i < to; i++ {
		r.lines = append(r.lines, printed{b.Lines[i].Time, string(b.Message(i))})
	}
	return nil
}

func (r *recorder) Flush() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flushes++
	return r.fail
}

func (r *recorder) flushed() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.flushes
}

func (r *recorder) texts() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var texts []string
	for _, l := range r.lines {
		texts = append(texts, l.text)
	}
	return texts
}

// batch has a line for each time, named after the feed, the first line's number
// and its time.
func batch(pool *record.Pool, name string, number int, times ...int64) *record.Batch {
	b := pool.Get(&record.Origin{Pod: name})
	for i, at := range times {
		start := len(b.Data)
		b.Data = fmt.Appendf(b.Data, "%s%d@%d", name, number+i, at)
		b.Lines = append(b.Lines, record.Line{Time: at, Start: int32(start), End: int32(len(b.Data))})
	}
	return b
}

// feedBatches sends batches of a feed and lets it catch up after the first past
// of them.
func feedBatches(ctx context.Context, pool *record.Pool, f *Feed, name string, past int, batches ...[]int64) error {
	number := 0
	for i, times := range batches {
		if i == past {
			f.CaughtUp()
		}
		if err := f.Send(ctx, batch(pool, name, number, times...)); err != nil {
			return err
		}
		number += len(times)
	}
	f.CaughtUp()
	return nil
}

func TestPastInOrderOfTime(t *testing.T) {
	for _, test := range []struct {
		name  string
		feeds [][][]int64 // feed, batch, times
		want  []string
	}{
		{"no feeds", nil, nil},
		{"feeds without lines", [][][]int64{{}, {}}, nil},
		{"one feed", [][][]int64{{{1, 2}, {3}}}, []string{"a0@1", "a1@2", "a2@3"}},
		{"interleaved", [][][]int64{{{1, 4}, {7}}, {{2, 5}}, {{3}, {6, 8}}},
			[]string{"a0@1", "b0@2", "c0@3", "a1@4", "b1@5", "c1@6", "a2@7", "c2@8"}},
		{"equal times keep the order of the feeds", [][][]int64{{{5}, {5}}, {{5, 5}}, {{5}}},
			[]string{"a0@5", "a1@5", "b0@5", "b1@5", "c0@5"}},
		{"equal times of a later batch too", [][][]int64{{{1}, {5}}, {{1, 5}}}, []string{"a0@1", "b0@1", "a1@5", "b1@5"}},
		{"one after the other", [][][]int64{{{10, 11}}, {{1, 2, 3}, {4}}}, []string{"b0@1", "b1@2", "b2@3", "b3@4", "a0@10", "a1@11"}},
		{"a feed out of order keeps its own", [][][]int64{{{4, 2, 6}}, {{1, 3, 5}}},
			[]string{"b0@1", "b1@3", "a0@4", "a1@2", "b2@5", "a2@6"}},
		{"unknown times come first", [][][]int64{{{3}}, {{record.NoTime, 4}}}, []string{"b0@-9223372036854775808", "a0@3", "b1@4"}},
		{"an empty feed among others", [][][]int64{{{2}}, {}, {{1}}}, []string{"c0@1", "a0@2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			pool, out := &record.Pool{}, &recorder{}
			m := New(out, pool, Options{})
			var senders sync.WaitGroup
			for i, batches := range test.feeds {
				f := m.Past()
				senders.Go(func() {
					_ = feedBatches(t.Context(), pool, f, string(rune('a'+i)), len(batches), batches...)
				})
			}
			done := make(chan struct{})
			go func() { senders.Wait(); close(done) }()
			if err := m.Run(t.Context(), done); err != nil {
				t.Fatal(err)
			}
			if got := out.texts(); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if out.flushes == 0 {
				t.Error("nothing was flushed at the end")
			}
		})
	}
}

// What a feed brings when it has caught up comes after all of the past, however
// early it was sent.
func TestLiveAfterPast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool, out := &record.Pool{}, &recorder{}
		m := New(out, pool, Options{})
		a, b, c := m.Past(), m.Past(), m.Live()
		done := make(chan struct{})
		var senders sync.WaitGroup
		senders.Go(func() { _ = feedBatches(t.Context(), pool, a, "a", 1, []int64{1}, []int64{20}, []int64{30}) })
		senders.Go(func() { _ = feedBatches(t.Context(), pool, c, "c", 0, []int64{5}) })
		senders.Go(func() {
			time.Sleep(time.Hour)
			_ = feedBatches(t.Context(), pool, b, "b", 2, []int64{2}, []int64{10}, []int64{3})
		})
		go func() { senders.Wait(); close(done) }()
		if err := m.Run(t.Context(), done); err != nil {
			t.Fatal(err)
		}
		got := out.texts()
		if want := []string{"a0@1", "b0@2", "b1@10"}; len(got) != 7 || !slices.Equal(got[:3], want) {
			t.Fatalf("the past is %q, want %q and four live lines", got, want)
		}
		for _, pair := range [][2]string{{"a1@20", "a2@30"}} {
			if slices.Index(got, pair[0]) > slices.Index(got, pair[1]) {
				t.Errorf("%s comes after %s", pair[0], pair[1])
			}
		}
	})
}

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

// randomFeeds are feeds whose lines are each in order of time, cut into batches.
func randomFeeds(rnd *rand.Rand, feeds, lines int) [][][]int64 {
	all := make([][][]int64, feeds)
	for i := range all {
		at := rnd.Int64N(20)
		for range rnd.IntN(lines + 1) {
			at += rnd.Int64N(4)
			if n := len(all[i]); n == 0 || rnd.IntN(3) == 0 {
				all[i] = append(all[i], []int64{at})
			} else {
				all[i][n-1] = append(all[i][n-1], at)
			}
		}
	}
	return all
}

// checkMerged checks that lines has every line of the feeds once, in the order
// of its feed, and over all in order of time where that is promised.
func checkMerged(t *testing.T, lines []printed, feeds [][][]int64, sorted bool) {
	t.Helper()
	next := make([]int, len(feeds))
	for i, l := range lines {
		feed := int(l.text[0] - 'a')
		var number int
		var at int64
		if _, err := fmt.Sscanf(l.text[1:], "%d@%d", &number, &at); err != nil || at != l.time {
			t.Fatalf("line %d is %q at %d", i, l.text, l.time)
		}
		if number != next[feed] {
			t.Fatalf("line %d is %q, want line %d of that feed", i, l.text, next[feed])
		}
		next[feed]++
		if sorted && i > 0 {
			before := lines[i-1]
			if before.time > l.time || (before.time == l.time && before.text[0] > l.text[0]) {
				t.Fatalf("%q is followed by %q", before.text, l.text)
			}
		}
	}
	for i, batches := range feeds {
		if n := len(slices.Concat(batches...)); next[i] != n {
			t.Fatalf("%d lines of feed %c were printed, want %d", next[i], 'a'+i, n)
		}
	}
}

// mergeAll runs feeds through the past of a Merger.
func mergeAll(t *testing.T, feeds [][][]int64) []printed {
	t.Helper()
	pool, out := &record.Pool{}, &recorder{}
	m := New(out, pool, Options{})
	var senders sync.WaitGroup
	for i, batches := range feeds {
		f := m.Past()
		senders.Go(func() { _ = feedBatches(t.Context(), pool, f, string(rune('a'+i)), len(batches), batches...) })
	}
	done := make(chan struct{})
	go func() { senders.Wait(); close(done) }()
	if err := m.Run(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	return out.lines
}

func TestPastProperty(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		feeds := randomFeeds(rnd, rnd.IntN(20), rnd.IntN(50))
		checkMerged(t, mergeAll(t, feeds), feeds, true)
	}
}

func FuzzPast(f *testing.F) {
	f.Add([]byte{1, 2, 3, 0x11, 0x12, 0x83, 0x24}, uint8(3))
	f.Add([]byte{0, 0, 0, 0, 0x80, 0x80}, uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, n uint8) {
		if len(data) > 500 {
			return
		}
		feeds := make([][][]int64, n%26+1)
		at := make([]int64, len(feeds))
		for i, b := range data {
			which := (i + int(b>>4)) % len(feeds)
			at[which] += int64(b & 7)
			if k := len(feeds[which]); k == 0 || b&8 != 0 {
				feeds[which] = append(feeds[which], []int64{at[which]})
			} else {
				feeds[which][k-1] = append(feeds[which][k-1], at[which])
			}
		}
		checkMerged(t, mergeAll(t, feeds), feeds, true)
	})
}
