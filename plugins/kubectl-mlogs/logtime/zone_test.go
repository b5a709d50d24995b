package logtime

import (
	"testing"
	"time"
)

func TestZones(t *testing.T) {
	checkGood(t, []good{
		{"east", "2026-11-24T06:00:20+09:00 x", at},
		{"east, no colon", "2026-11-24T06:00:20.123+0900 x", at + 123*ms},
		{"east, hours only", "2026-11-24 06:00:20+09 x", at},
		{"west", "2026-11-23T13:00:20-08:00 x", at},
		{"half an hour", "2026-11-24T02:30:20+05:30 x", at},
		{"west, half an hour", "2026-11-23T17:30:20.5-0330 x", at + 500*ms},
		{"59 minutes", "2026-11-23T21:59:20+00:59 x", at},
		{"hours only, at the end", "2026-11-24 06:00:20+09", at},
		{"no colon, at the end", "2026-11-24 06:00:20+0900", at},
		{"zero", "2026-11-23T21:00:20-00:00", at},
		{"farthest", "2026-11-24T11:00:20+14:00 x", at},
		{"after a blank", "2026-11-24 06:00:20 +0900 x", at},
		{"after a blank, with a colon", "2026-11-24 06:00:20.123 +09:00 x", at + 123*ms},
		{"Go's String", "2026-11-24 06:00:20.123456789 +0900 JST m=+0.1", at + 123_456_789},
		{"UTC", "2026-11-23 21:00:20 UTC [1] LOG", at},
		{"GMT", "2026-11-23 21:00:20,123 GMT x", at + 123*ms},
		{"Z after a blank", "2026-11-23 21:00:20 Z", at},
		{"Java", "2026-11-24T06:00:20.123+09:00[Asia/Tokyo] x", at + 123*ms},
		{"Java in UTC", "2026-11-23T21:00:20Z[UTC] x", at},
		{"over the year", "2027-01-01T00:30:00+01:00 x", utc(2026, 12, 31, 23, 30, 0, 0)},
		{"a word that is no zone", "2026-11-23 21:00:20 LOG: x", at},
		{"syslog in UTC", "Nov 23 21:00:20 UTC: x", at},
	})
	checkNone(t, []string{
		"2026-11-23T21:00:20+9:00", "2026-11-23T21:00:20+09:0", "2026-11-23T21:00:20+090", "2026-11-23T21:00:20+09:60", "2026-11-23T21:00:20+14:01",
		"2026-11-23T21:00:20+24:00", "2026-11-23T21:00:20+09:00:00", "2026-11-23T21:00:20+", "2026-11-23T21:00:20-", "2026-11-23T21:00:20-x",
		"2026-11-23T21:00:20+0960",
		"2026-11-23T21:00:20+09000", "2026-11-23T21:00:20ZZ", "2026-11-23T21:00:20Z0", "2026-11-23T21:00:20UTC", "2026-11-23 21:00:20 UTC+2",
		"2026-11-23 21:00:20 GMT-3 x",
		"2026-11-23 21:00:20 -10 items", "2026-11-23 21:00:20 -5ms", "2026-11-23 21:00:20 +5000 x", "2026-11-23T21:00:20[Europe/Paris] x",
		"2026-11-23 21:00:20 CET x",
		"2026-11-23 21:00:20 JST", "2026-11-23 21:00:20 AEST", "2026-11-23 21:00:20 -5", "[23/Nov/2026:21:00:20 PST]", "Mon Nov 23 21:00:20 CET 2026 x",
	})
}

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Skip(err)
	}
	return zone
}

func TestParserZone(t *testing.T) {
	paris := location(t, "Europe/Paris")
	for _, test := range []struct {
		name, line string
		zone       *time.Location
		want       int64 // 0 is none
	}{
		{"winter", "2026-11-23 22:00:20 x", paris, at},
		{"summer", "2026-07-01 12:00:00,5 x", paris, utc(2026, 7, 1, 10, 0, 0, 500_000_000)},
		{"over midnight", "2026-07-01 00:30:00 x", paris, utc(2026, 6, 30, 22, 30, 0, 0)},
		{"fixed", "2026-11-24 02:30:20 x", time.FixedZone("", 5*3600+1800), at},
		{"what the line says comes first", "2026-11-23 21:00:20 +0000 x", paris, at},
		{"Z", "2026-11-23T21:00:20Z x", paris, at},
		{"UTC", "2026-11-23 21:00:20 UTC x", paris, at},
		{"Z after a blank", "2026-11-23 21:00:20 Z", paris, at},
		{"number", "1795467620.123 x", paris, at + 123*ms},
		{"JSON", `{"time":"2026-11-23 22:00:20"}`, paris, at},
		{"JSON number", `{"time":1795467620}`, paris, at},
		{"logfmt", `time="2026-11-23 22:00:20"`, paris, at},
		{"klog", "I1123 22:00:20.123456    1 x.go:1] x", paris, at + 123_456*us},
		{"syslog", "Nov 23 22:00:20 host x", paris, at},
		{"access log without a zone", "::1 - - [23/Nov/2026 22:00:20] x", paris, at},
		{"Apache", "[Mon Nov 23 22:00:20 2026] x", paris, at},
		{"its own abbreviation", "2026-11-23 22:00:20.123 CET [1] LOG: x", paris, at + 123*ms},
		{"its own in summer", "2026-07-01 12:00:00 CEST [1] LOG: x", paris, utc(2026, 7, 1, 10, 0, 0, 0)},
		{"its own, of the other season", "2026-07-01 12:00:00 CET [1] LOG: x", paris, 0},
		{"its own before the year", "Mon Nov 23 22:00:20 CET 2026 x", paris, at},
		{"of another", "2026-11-23 22:00:20 EST x", paris, 0},
		{"one of the hour that is twice, before", "2026-10-25 01:59:59 x", paris, utc(2026, 10, 24, 23, 59, 59, 0)},
		{"one of the hour that is twice, after", "2026-10-25 03:00:00 x", paris, utc(2026, 10, 25, 2, 0, 0, 0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := Parser{Zone: test.zone, Now: now}
			nanos, ok := p.Parse([]byte(test.line))
			if ok != (test.want != 0) || nanos != test.want {
				t.Errorf("%q: %v, %v; want %v", test.line, time.Unix(0, nanos).UTC(), ok, time.Unix(0, test.want).UTC())
			}
		})
	}
}

func TestYearless(t *testing.T) {
	day := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
	}
	for _, test := range []struct {
		name, line string
		now        time.Time
		want       int64 // 0 is none
	}{
		{"klog", "I1123 21:00:20.123456    1 file.go:12] x", day(2026, 11, 24), at + 123_456*us},
		{"klog, wide thread", "E1123 21:00:20.123456 1234567 file.go:12] x", day(2026, 11, 24), at + 123_456*us},
		{"klog, no message", "I1123 21:00:20.123456 ", day(2026, 11, 24), at + 123_456*us},
		{"syslog, alone", "Nov 3 21:00:20", day(2026, 11, 24), utc(2026, 11, 3, 21, 0, 20, 0)},
		{"syslog", "Nov 23 21:00:20 host app: x", day(2026, 11, 24), at},
		{"syslog with a fraction", "Nov 23 21:00:20.123 host app: x", day(2026, 11, 24), at + 123*ms},
		{"syslog, padded", "Nov  3 21:00:20 host x", day(2026, 11, 24), utc(2026, 11, 3, 21, 0, 20, 0)},
		{"syslog, not padded", "Nov 3 21:00:20 host x", day(2026, 11, 24), utc(2026, 11, 3, 21, 0, 20, 0)},
		{"yesterday was last year", "Dec 31 23:59:59 x", day(2027, 1, 1), utc(2026, 12, 31, 23, 59, 59, 0)},
		{"klog, yesterday was last year", "W1231 23:59:59.999999 1 x.go:1] x", day(2027, 1, 1), utc(2026, 12, 31, 23, 59, 59, 999_999_000)},
		{"today", "Jan  1 00:00:00 x", day(2027, 1, 1), utc(2027, 1, 1, 0, 0, 0, 0)},
		{"a clock that is ahead", "Jan  1 00:00:00 x", day(2026, 12, 31), utc(2027, 1, 1, 0, 0, 0, 0)},
		{"a month ahead", "Dec 24 12:00:00 x", day(2026, 11, 24), utc(2026, 12, 24, 12, 0, 0, 0)},
		{"more than that was last year", "Dec 24 12:00:01 x", day(2026, 11, 24), utc(2025, 12, 24, 12, 0, 1, 0)},
		{"most of a year ago", "Jan 10 00:00:00 x", day(2026, 11, 24), utc(2026, 1, 10, 0, 0, 0, 0)},
		{"leap day", "Feb 29 00:00:00 x", day(2024, 3, 1), utc(2024, 2, 29, 0, 0, 0, 0)},
		{"leap day of last year", "Feb 29 00:00:00 x", day(2025, 1, 15), utc(2024, 2, 29, 0, 0, 0, 0)},
		{"no leap year", "Feb 29 00:00:00 x", day(2026, 3, 1), 0},
		{"no leap year, klog", "I0229 00:00:00.000000 1 x.go:1] x", day(2026, 3, 1), 0},
		{"glog says its year", "I20251123 21:00:20.123456    1 file.cc:12] x", day(2026, 11, 24), utc(2025, 11, 23, 21, 0, 20, 123_456_000)},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := Parser{Now: test.now}
			nanos, ok := p.Parse([]byte(test.line))
			if ok != (test.want != 0) || nanos != test.want {
				t.Errorf("%q: %v, %v; want %v", test.line, time.Unix(0, nanos).UTC(), ok, time.Unix(0, test.want).UTC())
			}
		})
	}
	checkNone(t, []string{
		"I1123", "I1123 21:00:20 x", "I1123 21:00:20.123 x y z a b c d", "I1123 21:00:20.1234567 1 x", "I1123 21:00:20.123456", "I1123 21:00:20.123456]    ",
		"I1323 21:00:20.123456    1 x", "I1131 21:00:20.123456    1 x", "I0023 21:00:20.123456    1 x", "I1123 24:00:20.123456    1 x",
		"I1123 21:00:60.123456    1 x",
		"X1123 21:00:20.123456    1 x", "i1123 21:00:20.123456    1 x", "I112 21:00:20.123456     1 x", "I11233 21:00:20.123456   1 x",
		"I1123T21:00:20.123456    1 x",
		"I20261323 21:00:20.123456    1 x", "I00001123 21:00:20.123456    1 x", "I1123 21:00:20,123456    1 x",
		"Nov 31 21:00:20 x", "Nov  0 21:00:20 x", "Nov 23 24:00:20 x", "Nov 23 21:00 xxxxxxx", "Nov 23 2026 21:00:20 x", "Nov  23 21:00:20 x", "Nov  x 21:00:20 x",
		"nov 23 21:00:20 x", "NOV 23 21:00:20 x", "November 23 21:00:20", "Nov-23 21:00:20 x", "Nov 123 21:00:20 x", "May we begin at 10?", "Nov 23, at nine or so",
	})
}

// In the zone of the log it may be another year already.
func TestYearlessZone(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*3600)
	p := Parser{Zone: tokyo, Now: time.Date(2026, 12, 31, 20, 0, 0, 0, time.UTC)}
	if nanos, ok := p.Parse([]byte("Jan  1 04:30:00 x")); !ok || nanos != utc(2026, 12, 31, 19, 30, 0, 0) {
		t.Errorf("%v, %v", time.Unix(0, nanos).UTC(), ok)
	}
}

// Without Now it is the clock's.
func TestYearlessByTheClock(t *testing.T) {
	want := time.Now().UTC().Add(-24 * time.Hour).Truncate(time.Second)
	var p Parser
	if nanos, ok := p.Parse([]byte(want.Format("Jan _2 15:04:05") + " host x")); !ok || nanos != want.UnixNano() {
		t.Errorf("%v, %v; want %v", time.Unix(0, nanos).UTC(), ok, want)
	}
}
