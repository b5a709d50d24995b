package spread

import (
	"fmt"
	"time"
)

// Hours are times of the day by the clock on the wall of a zone. A day on which
// the clock is changed has the hours that the clock shows: an hour that it
// shows twice is allowed twice, one that it skips is not there.
type Hours struct {
	// Spans are allowed; none is all day.
	Spans []Span
	// Zone is where the clock hangs; nil is UTC.
	Zone *time.Location
}

// Span is a part of the day, from From, before To, counted from midnight by the
// clock. It goes over midnight when To is before From, and is the whole day when
// they are equal.
type Span struct {
	From, To time.Duration
}

const day = 24 * time.Hour

func (h Hours) check() error {
	for _, s := range h.Spans {
		if s.From < 0 || s.From >= day || s.To < 0 || s.To > day {
			return fmt.Errorf("hours from %v to %v: both must be between 0 and 24 h", s.From, s.To)
		}
	}
	return nil
}

// Allow reports whether the clock shows an allowed time at t.
func (h Hours) Allow(t time.Time) bool {
	if len(h.Spans) == 0 {
		return true
	}
	hour, minute, second := t.In(h.zone()).Clock()
	clock := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute +
		time.Duration(second)*time.Second + time.Duration(t.Nanosecond())
	for _, s := range h.Spans {
		if s.From < s.To && clock >= s.From && clock < s.To || s.From >= s.To && (clock >= s.From || clock < s.To) {
			return true
		}
	}
	return false
}

func (h Hours) zone() *time.Location {
	if h.Zone == nil {
		return time.UTC
	}
	return h.Zone
}

// between returns the allowed times from a to b, as nanoseconds after a.
//
// time.Date is not asked for the times of the spans: for one that a change of
// the clock skips it may return a time outside the span. Between two changes
// the clock is a straight line.
func (h Hours) between(a, b time.Time) spans {
	if len(h.Spans) == 0 {
		return spans{{0, int64(b.Sub(a))}}
	}
	var all spans
	for t := a.In(h.zone()); t.Before(b); {
		_, end := t.ZoneBounds()
		if end.IsZero() || end.After(b) {
			end = b
		}
		_, offset := t.Zone()
		// The clock's midnight at or before t, with this offset kept.
		clock := t.Unix() + int64(offset)
		midnight := time.Unix(clock-mod(clock, int64(day/time.Second))-int64(offset), 0)
		for d := midnight.Add(-day); d.Before(end); d = d.Add(day) {
			for _, s := range h.Spans {
				from, to := d.Add(s.From), d.Add(s.To)
				if s.From >= s.To {
					to = to.Add(day)
				}
				all = append(all, span{max(int64(from.Sub(a)), int64(t.Sub(a))), min(int64(to.Sub(a)), int64(end.Sub(a)))})
			}
		}
		t = end.In(h.zone())
	}
	return all.union()
}
