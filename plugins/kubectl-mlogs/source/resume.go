package source

import (
	"math"
	"slices"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

const (
	// remembered is how many lines, the newest of a source, are at least known
	// one by one. Older ones count as seen by their time alone.
	remembered = 4 << 10
	// heldMost bounds the same while lines are held (see resume.opening), for
	// all sources together: 8 bytes each.
	heldMost = 2 << 20
	// lag is how far the pod's status may be behind the node: for so long after
	// an open the log may turn out to be that of the next instance.
	lag = 15 * time.Second
	// skew is how far stdout and stderr may be out of order: the runtime stamps
	// them in different goroutines.
	skew = 50 * time.Millisecond
)

// resume knows which lines of a container have been read, so that a log which
// is opened again yields every further line once.
//
// kubelet takes sinceTime in whole seconds and sends all lines from there on,
// in the order of the file. The lines to drop are those whose time has been
// seen, each as often as it was seen: two lines may share a nanosecond, and
// stdout and stderr may be out of order, so neither "later than the last" nor
// a count of lines would be exact.
type resume struct {
	// cutoff: lines at or before this time are seen, or unwanted.
	cutoff int64
	// times are those of the newest lines, in the order of the log.
	times []int64
	last  int64
	// sure is the last place at which the lines read were surely of the
	// instance that the status named; next is the candidate to replace it.
	sure, next mark
	// most is this source's share of heldMost.
	most int
}

// mark is a place in the log.
type mark struct {
	set   bool
	index int // in times
	last  int64
	at    time.Time
}

func newResume() *resume {
	return &resume{cutoff: math.MinInt64, last: record.NoTime, most: 2 * remembered}
}

// wantFrom makes lines before t unwanted. t is in Unix nanoseconds.
func (r *resume) wantFrom(t int64) { r.cutoff = max(r.cutoff, t-1) }

// started reports whether any line has been read.
func (r *resume) started() bool { return r.last != record.NoTime }

// add notes a line as read.
func (r *resume) add(t int64) {
	r.last = t
	r.times = append(r.times, t)
	if n := len(r.times); n >= r.most || (n >= 2*remembered && (!r.sure.set || r.sure.index >= remembered)) {
		r.forget(n - remembered)
	}
}

// forget drops the n oldest times; lines up to the latest of them count as seen.
func (r *resume) forget(n int) {
	if r.sure.set && len(r.times) < r.most {
		n = min(n, r.sure.index)
	}
	for _, t := range r.times[:n] {
		r.cutoff = max(r.cutoff, t)
	}
	r.times = r.times[:copy(r.times, r.times[n:])]
	r.sure.index, r.next.index = max(r.sure.index-n, 0), max(r.next.index-n, 0)
}

// opening is called before a stream is opened at now, as one of so many sources:
// its lines may turn out to be of the next instance, so all lines from here on
// are held one by one until the status can be trusted about them.
func (r *resume) opening(now time.Time, sources int) {
	r.most = max(heldMost/sources, 2*remembered)
	here := mark{set: true, index: len(r.times), last: r.last, at: now}
	switch {
	case !r.sure.set:
		r.sure, r.next = here, here
	case now.Sub(r.next.at) > lag:
		r.sure, r.next = r.next, here
	}
}

// doubtful reports whether the lines read last may be of the next instance.
func (r *resume) doubtful() bool { return r.sure.set }

// trust ends what opening began: the lines so far are of the named instance.
func (r *resume) trust() { r.sure.set = false }

// since is the sinceTime to ask for.
func (r *resume) since() time.Time { return wholeSecond(r.last) }

// sinceSure is since for an instance that has been replaced: the lines read
// last may already be of its successor. The zero time stands for its beginning.
func (r *resume) sinceSure() time.Time {
	switch {
	case !r.sure.set:
		return r.since()
	case r.sure.last == record.NoTime:
		return time.Time{}
	}
	return wholeSecond(r.sure.last)
}

// wholeSecond is the second to ask from so that nothing after t is missed.
func wholeSecond(t int64) time.Time {
	return time.Unix(0, t-skew.Nanoseconds()).Truncate(time.Second)
}

// mayHaveSeen reports whether a line of exactly that time was read, as far as
// that is remembered.
func (r *resume) mayHaveSeen(t int64) bool { return t <= r.cutoff || slices.Contains(r.times, t) }

// filter returns what tells seen lines from new ones in a log opened from the
// given time on; the zero time stands for the log's beginning.
func (r *resume) filter(from time.Time) *filter {
	f := &filter{cutoff: r.cutoff, until: math.MinInt64, anchor: r.last}
	if !r.started() {
		return f
	}
	for _, t := range r.times {
		if from.IsZero() || t >= from.UnixNano() {
			f.seen = append(f.seen, t)
		}
	}
	slices.Sort(f.seen)
	if n := len(f.seen); n > 0 {
		f.until = f.seen[n-1]
		f.used = make([]int32, n)
	}
	return f
}

// filter drops the lines that a reopened log repeats.
type filter struct {
	cutoff  int64
	until   int64   // no line after this has been seen
	seen    []int64 // times of seen lines, sorted, one entry for each line
	used    []int32 // at the first entry of a time: how many of that time were met
	matched int     // lines dropped so far
	anchor  int64   // time of the last line read
	met     bool    // it was met: this is the log that was read, up to where it was read
}

// drop reports whether the line with time t was read before.
func (f *filter) drop(t int64) bool {
	if t > f.until && t > f.cutoff {
		if t > f.until+int64(skew) {
			f.seen, f.used = nil, nil // all that could be repeated has been
		}
		return false
	}
	if !f.use(t) && t > f.cutoff {
		return false
	}
	f.matched++
	f.met = f.met || t == f.anchor
	return true
}

// use takes a seen line of that time which was not met yet, where there is one.
func (f *filter) use(t int64) bool {
	first, found := slices.BinarySearch(f.seen, t)
	if !found {
		return false
	}
	next := first + int(f.used[first])
	if next == len(f.seen) || f.seen[next] != t {
		return false
	}
	f.used[first]++
	return true
}
