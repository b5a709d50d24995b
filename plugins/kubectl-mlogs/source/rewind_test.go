package source

import (
	"slices"
	"testing"
	"time"
)

// A stream in which kubelet skips files and sends the newest one twice.
func TestRewindIsNoticed(t *testing.T) {
	base := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixNano()
	at := func(ms int64) int64 { return base + ms*int64(time.Millisecond) }
	var events []Event
	s := &reading{Reader: &Reader{resume: newResume(), Report: func(e Event) { events = append(events, e) }}}
	s.filter = s.resume.filter(time.Time{})
	var printed []int64
	feed := func(ms int64) {
		t := at(ms)
		if s.stamped {
			s.watchTimes(t)
		}
		s.stamped, s.last = true, t
		if !s.filter.drop(t) {
			s.resume.add(t)
			printed = append(printed, ms)
		}
	}
	for _, ms := range []int64{0, 100, 200, 9000, 9100, 9200, 9000, 9100, 9200, 9300} {
		feed(ms)
	}
	if want := []int64{0, 100, 200, 9000, 9100, 9200, 9300}; !slices.Equal(printed, want) {
		t.Errorf("printed %v, want %v", printed, want)
	}
	if len(events) != 1 || !events[0].From.Equal(time.Unix(0, at(200))) || !events[0].To.Equal(time.Unix(0, at(9000))) {
		t.Errorf("one gap from 200 to 9000 ms is expected: %+v", events)
	}
	// A clock that was set back is no rewind: these lines are new.
	for _, ms := range []int64{8005, 8006, 8007} {
		feed(ms)
	}
	if n := len(printed); n != 10 {
		t.Errorf("%d lines printed, want 10: lines after a step of the clock are new", n)
	}
}
