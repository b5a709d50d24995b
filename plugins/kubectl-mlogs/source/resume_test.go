package source

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const second = int64(time.Second)

var start = utc(2024, 5, 6, 12, 0, 0, 0)

// request is what kubelet sends for a log of which the first lines were rotated
// away: every line from since on, in the order of the file. Lines are named by
// their index.
func request(log []int64, rotated int, since time.Time) []int {
	var sent []int
	for i := rotated; i < len(log); i++ {
		if since.IsZero() || log[i] >= since.UnixNano() {
			sent = append(sent, i)
		}
	}
	return sent
}

// pass reads what is sent up to the line before stop, and returns the lines
// that were let through.
func (r *resume) pass(log []int64, sent []int, from time.Time, stop int) []int {
	var through []int
	f := r.filter(from)
	for _, i := range sent {
		if i >= stop {
			break
		}
		if !f.drop(log[i]) {
			r.add(log[i])
			through = append(through, i)
		}
	}
	return through
}

// sequence is from..to-1.
func sequence(from, to int) []int {
	var s []int
	for i := from; i < to; i++ {
		s = append(s, i)
	}
	return s
}

// readInParts reads log with a break before each of stops; before each part the
// first rotated[n] lines vanish. Every line that was there must come once.
func readInParts(t *testing.T, log []int64, stops, rotated []int) {
	t.Helper()
	r := newResume()
	done := 0
	for n, stop := range append(slices.Clone(stops), len(log)) {
		away := 0
		if n > 0 {
			away = min(rotated[n-1], done)
		}
		// Lines of one nanosecond cannot be told apart when some of them are gone.
		unread := map[int64]bool{}
		for _, at := range log[done:] {
			unread[at] = true
		}
		if i := slices.IndexFunc(log[:away], func(at int64) bool { return unread[at] }); i >= 0 {
			away = i
		}
		var from time.Time
		if r.started() {
			from = r.since()
		}
		got := r.pass(log, request(log, away, from), from, stop)
		if want := sequence(done, stop); !slices.Equal(got, want) {
			t.Fatalf("part %d of %d lines, from %v, %d rotated away: lines %v came, want %v", n, len(log), from.UTC(), away, brief(got), brief(want))
		}
		done = max(done, stop)
	}
}

func brief(lines []int) string {
	if len(lines) > 20 {
		return fmt.Sprintf("%v…(%d)", lines[:20], len(lines))
	}
	return fmt.Sprint(lines)
}

func TestResume(t *testing.T) {
	s := start
	for _, test := range []struct {
		name  string
		log   []int64
		stops []int
		away  []int
	}{
		{"at the beginning", []int64{s, s + 1, s + 2}, []int{0}, []int{0}},
		{"in the middle", []int64{s, s + 1, s + 2}, []int{2}, []int{0}},
		{"within a nanosecond", []int64{s, s, s, s}, []int{1, 3}, []int{0, 0}},
		{"within the same second", []int64{s, s + 5, s + 5, s + 5, s + 6}, []int{2, 3, 4}, []int{0, 0, 0}},
		{"out of order", []int64{s + 9, s + 3, s + 9, s + 1, s + 3, s + 9}, []int{1, 2, 3, 4, 5}, []int{0, 0, 0, 0, 0}},
		{"out of order over the second", []int64{s + second + 1, s + second - 9, s + second, s + second - 7}, []int{1, 2, 3}, []int{0, 0, 0}},
		{"out of order by all of the skew", []int64{s + int64(skew), s, s + int64(skew), s}, []int{1, 2, 3}, []int{0, 0, 0}},
		{"the whole log read, nothing new", []int64{s, s + 1}, []int{2}, []int{0}},
		{"rotated away up to the last line", []int64{s, s + 1, s + 2, s + 3}, []int{3}, []int{2}},
		{"rotated away all that was read", []int64{s, s + 1, s + 2, s + 3}, []int{3}, []int{3}},
		{"old lines long before", []int64{s, s + 100*second, s + 200*second, s + 200*second}, []int{3}, []int{0}},
	} {
		t.Run(test.name, func(t *testing.T) { readInParts(t, test.log, test.stops, test.away) })
	}
}

// randomLog is a log whose lines are out of order by up to the skew, with many
// equal times; perSecond is how many lines come in a second.
func randomLog(rnd *rand.Rand, lines, perSecond int) []int64 {
	log := make([]int64, lines)
	step := second / int64(perSecond)
	for i := range log {
		early := rnd.Int64N(int64(skew) + 1)
		if rnd.IntN(2) == 0 {
			early -= early % (int64(skew) / 5) // equal times
		}
		if rnd.IntN(3) == 0 {
			early = 0
		}
		at := start + int64(i)*step
		log[i] = at - at%int64(skew) - early
	}
	return log
}

func TestResumeProperty(t *testing.T) {
	for seed := range uint64(2000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		log := randomLog(rnd, 1+rnd.IntN(60), 1+rnd.IntN(60))
		var stops, away []int
		for range 1 + rnd.IntN(4) {
			stops = append(stops, rnd.IntN(len(log)+1))
			away = append(away, rnd.IntN(len(log)+1))
		}
		slices.Sort(stops)
		slices.Sort(away)
		if !t.Run("", func(t *testing.T) { readInParts(t, log, stops, away) }) {
			t.Fatalf("seed %d", seed)
		}
	}
}

// More lines than are remembered one by one: the older ones count as seen by
// their time alone.
func TestResumeOfLongLogs(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	log := randomLog(rnd, 6*remembered, remembered/4)
	readInParts(t, log, []int{100, 2*remembered - 1, 2 * remembered, 2*remembered + 1, 5*remembered + 17}, []int{0, 0, 0, remembered, 3 * remembered})
}

func FuzzResume(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 15, 255, 16}, uint8(3), uint8(5), uint8(1))
	f.Add([]byte{9, 8, 7, 6, 5, 4, 3, 2, 1}, uint8(4), uint8(4), uint8(4))
	f.Add([]byte{0xf0, 0xff, 0x0f, 0xf0}, uint8(2), uint8(3), uint8(9))
	f.Fuzz(func(t *testing.T, deltas []byte, first, next, rotated uint8) {
		if len(deltas) == 0 || len(deltas) > 300 {
			return
		}
		log := make([]int64, len(deltas))
		newest := start
		for i, d := range deltas { // the high half goes forward, the low half back, by less than a second
			newest += int64(d>>4) * second / 60
			log[i] = newest - int64(d&15)*int64(skew)/15
		}
		a, b := int(first)%(len(log)+1), int(next)%(len(log)+1)
		readInParts(t, log, []int{min(a, b), max(a, b)}, []int{int(rotated) / 2, int(rotated)})
	})
}

func TestFilterMatchesOnlyWhatItDrops(t *testing.T) {
	r := newResume()
	for _, at := range []int64{start, start + 1, start + 1} {
		r.add(at)
	}
	f := r.filter(r.since())
	for i, test := range []struct {
		at      int64
		drop    bool
		matched int
	}{
		{start, true, 1},
		{start, false, 1}, // a second one of that time was never read
		{start + 1, true, 2},
		{start + 1, true, 3},
		{start + 1, false, 3},
		{start + 2, false, 3},
		{start - 1, false, 3}, // older than all, and never read: out of order
	} {
		if got := f.drop(test.at); got != test.drop || f.matched != test.matched {
			t.Errorf("line %d: drop = %v, matched %d; want %v, %d", i, got, f.matched, test.drop, test.matched)
		}
	}
}

func TestWantFrom(t *testing.T) {
	r := newResume()
	r.wantFrom(start)
	r.wantFrom(start - 5) // does not widen it again
	for _, test := range []struct {
		at   int64
		drop bool
	}{{start - second, true}, {start - 1, true}, {start, false}, {start + 1, false}} {
		if got := r.filter(time.Time{}).drop(test.at); got != test.drop {
			t.Errorf("before anything is read, drop(start%+d) = %v, want %v", test.at-start, got, test.drop)
		}
	}
	r.add(start + 1)
	for _, test := range []struct {
		at   int64
		drop bool
	}{{start - 1, true}, {start, false}, {start + 1, true}, {start + 2, false}} {
		if got := r.filter(time.Time{}).drop(test.at); got != test.drop {
			t.Errorf("after a line, drop(start%+d) = %v, want %v", test.at-start, got, test.drop)
		}
	}
}

func TestSince(t *testing.T) {
	for _, test := range []struct{ last, want int64 }{
		{start, start - second},
		{start + 1, start - second},
		{start + int64(skew) - 1, start - second},
		{start + int64(skew), start}, // a line that is still to come may be of start, and no older
		{start + second - 1, start},
		{start + second, start},
		{start + second + int64(skew), start + second},
		{-1, -second},
		{-second + int64(skew), -second},
	} {
		r := newResume()
		r.add(test.last)
		if got := r.since().UnixNano(); got != test.want {
			t.Errorf("since after a line at %v is %v, want %v", time.Unix(0, test.last).UTC(), r.since().UTC(), time.Unix(0, test.want).UTC())
		}
		if got := r.sinceSure(); !got.Equal(r.since()) {
			t.Errorf("without a mark sinceSure is %v, want since", got)
		}
	}
}

// Where nothing was read before the place that is sure, nothing is.
func TestSinceSureOfTheBeginning(t *testing.T) {
	r := newResume()
	r.opening(time.Unix(0, start), 1)
	r.add(start)
	if got := r.sinceSure(); !got.IsZero() {
		t.Errorf("sinceSure = %v, want the beginning of the log", got)
	}
}
