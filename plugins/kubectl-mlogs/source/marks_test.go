package source

import (
	"slices"
	"testing"
	"time"
)

// addLines adds n lines, one a millisecond, and returns the time of the last.
func addLines(r *resume, n int) int64 {
	at := max(r.last, start)
	for range n {
		at += int64(time.Millisecond)
		r.add(at)
	}
	return at
}

func TestMarks(t *testing.T) {
	now := time.Unix(0, start)
	r := newResume()
	early := addLines(r, 3000)
	r.opening(now, 1)
	middle := addLines(r, 3000)
	sure := func(want int64, when string) {
		t.Helper()
		if got, want := r.sinceSure(), wholeSecond(want); !got.Equal(want) {
			t.Errorf("%s: surely read up to %v, want %v", when, got.UTC(), want.UTC())
		}
	}
	sure(early, "after an opening")
	r.opening(now.Add(lag), 1) // the status may still be of then
	addLines(r, 3000)
	sure(early, "after an opening within the lag")
	r.opening(now.Add(lag+time.Second), 1) // later than the lag after the first
	sure(early, "after an opening later than the lag: the first is the next sure place")
	late := addLines(r, 3000)
	r.opening(now.Add(3*lag), 1)
	if middle >= late {
		t.Fatal("the test's own lines are out of order")
	}
	sure(r.times[9000-1], "after one more")
	r.trust()
	sure(late, "when the status is trusted")
}

// Between an opening and trust every line is held one by one, up to a bound;
// afterwards the older ones are forgotten.
func TestHeldLines(t *testing.T) {
	r := newResume()
	addLines(r, 100)
	r.opening(time.Unix(0, start), 1)
	addLines(r, 5*remembered)
	if got, want := len(r.times), 100+5*remembered; got != want {
		t.Fatalf("%d lines are held, want all %d", got, want)
	}
	if got := r.times[r.sure.index-1]; got != r.sure.last {
		t.Errorf("the mark's index is at the line of %d, its time is %d", got, r.sure.last)
	}
	r.trust()
	addLines(r, 1)
	if got := len(r.times); got != remembered {
		t.Errorf("%d lines are remembered when the status is trusted, want %d", got, remembered)
	}
	if r.cutoff != r.times[0]-int64(time.Millisecond) {
		t.Errorf("the newest line forgotten is that before the oldest remembered")
	}
}

// What lies before the mark is not held: a long history before it is forgotten.
func TestForgetUpToTheMark(t *testing.T) {
	r := newResume()
	addLines(r, 2*remembered-1)
	r.opening(time.Unix(0, start), 1)
	addLines(r, 2*remembered)
	if n := len(r.times); n > 3*remembered || n < 2*remembered {
		t.Errorf("%d lines are held, want the %d since the mark and at most %d before", n, 2*remembered, remembered)
	}
	if !slices.Contains(r.times, r.sure.last+int64(time.Millisecond)) {
		t.Errorf("the first line after the mark is forgotten")
	}
	if i := r.sure.index; i > 0 && r.times[i-1] != r.sure.last {
		t.Errorf("the mark is at index %d, which is not its line", i)
	}
}

// A mark that moves on lets go of what lies before it, and of nothing else.
func TestForgetWhenTheMarkMoves(t *testing.T) {
	now := time.Unix(0, start)
	r := newResume()
	addLines(r, 100)
	r.opening(now, 1)
	addLines(r, remembered+50)
	r.opening(now.Add(2*lag), 1) // the next candidate, at line remembered+150
	candidate := r.last
	addLines(r, 4*remembered)
	r.opening(now.Add(4*lag), 1) // which is sure now
	addLines(r, 1)
	if got, want := len(r.times), 4*remembered+1; got != want {
		t.Errorf("%d lines are held, want the %d since the mark", got, want)
	}
	if r.times[0] != candidate+int64(time.Millisecond) || r.sure.index != 0 || r.sure.last != candidate {
		t.Errorf("the oldest line held is %v after the mark, which is at index %d", time.Duration(r.times[0]-candidate), r.sure.index)
	}
}

func TestHeldLinesAreBounded(t *testing.T) {
	r := newResume()
	r.opening(time.Unix(0, start), 32)
	const most = heldMost / 32 // its share
	longest := 0
	at := start
	for range most + 3*remembered {
		at += int64(time.Millisecond)
		r.add(at)
		longest = max(longest, len(r.times))
	}
	if longest > most {
		t.Errorf("%d lines were held, want at most %d", longest, most)
	}
	f := r.filter(time.Time{})
	for i := start + int64(time.Millisecond); i <= at; i += int64(time.Millisecond) {
		if !f.drop(i) {
			t.Fatalf("the line read %v after the start is let through again", time.Duration(i-start))
		}
	}
	if f.drop(at + 1) {
		t.Errorf("the next line is dropped")
	}
}
