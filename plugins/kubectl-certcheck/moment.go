package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// moment is the value of --at: a time, or how long it is from now until then.
type moment struct {
	set      bool
	relative bool
	at       time.Time
	after    time.Duration
}

// maxDays bounds lengths of time in days: a time.Duration holds 292 years.
const maxDays = 36500

// Set is for pflag: a bad value fails when the flags are parsed.
func (m *moment) Set(text string) error {
	if after, ok := fromNow(strings.TrimPrefix(text, "+")); ok {
		*m = moment{set: true, relative: true, after: after}
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			*m = moment{set: true, at: at}
			return nil
		}
	}
	return fmt.Errorf("%q is no time: want 2026-12-24, 2026-12-24T18:00:00Z, 30d or 12h", text)
}

// fromNow reads a length of time, in days, too.
func fromNow(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err == nil && -maxDays <= n && n <= maxDays
	}
	d, err := time.ParseDuration(text)
	return d, err == nil
}

// String is for pflag.
func (m *moment) String() string {
	switch {
	case !m.set:
		return ""
	case m.relative:
		return m.after.String()
	}
	return m.at.Format(time.RFC3339)
}

// Type is for pflag.
func (m *moment) Type() string { return "time" }

// from is the moment itself, for one who asks now.
func (m *moment) from(now time.Time) time.Time {
	switch {
	case !m.set:
		return now
	case m.relative:
		return now.Add(m.after)
	}
	return m.at
}
