package merge

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

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
