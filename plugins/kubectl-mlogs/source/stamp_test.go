package source

import (
	"bytes"
	"regexp"
	"testing"
	"time"
)

func utc(year int, month time.Month, day, hour, minute, second, nanos int) int64 {
	return time.Date(year, month, day, hour, minute, second, nanos, time.UTC).UnixNano()
}

func TestStampParser(t *testing.T) {
	noon := utc(2024, 5, 6, 12, 0, 0, 0)
	for _, test := range []struct {
		name, line string
		nanos      int64
		message    string
	}{
		{"no fraction", "2024-05-06T12:00:00Z hello", noon, "hello"},
		{"one digit", "2024-05-06T12:00:00.1Z hello", noon + 100_000_000, "hello"},
		{"two digits", "2024-05-06T12:00:00.12Z hello", noon + 120_000_000, "hello"},
		{"leading zeros", "2024-05-06T12:00:00.000000001Z hello", noon + 1, "hello"},
		{"nine digits", "2024-05-06T12:00:00.123456789Z hello", noon + 123_456_789, "hello"},
		{"east", "2024-05-06T14:30:00+02:30 hello", noon, "hello"},
		{"west", "2024-05-06T04:00:00.5-08:00 hello", noon + 500_000_000, "hello"},
		{"west over midnight", "2024-05-05T23:30:00-12:30 hello", noon, "hello"},
		{"zero zone", "2024-05-06T12:00:00+00:00 hello", noon, "hello"},
		{"largest zone", "2024-05-07T11:59:00+23:59 hello", noon, "hello"},
		{"empty message", "2024-05-06T12:00:00Z ", noon, ""},
		{"only the first blank belongs to the time", "2024-05-06T12:00:00Z  x", noon, " x"},
		{"leap day", "2024-02-29T00:00:00Z x", utc(2024, 2, 29, 0, 0, 0, 0), "x"},
		{"before 1970", "1969-12-31T23:59:59.75Z x", -250_000_000, "x"},
		{"far future", "2261-12-31T23:59:59Z x", utc(2261, 12, 31, 23, 59, 59, 0), "x"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var p stampParser
			nanos, n, ok := p.parse([]byte(test.line))
			if !ok {
				t.Fatalf("parse(%q) refused", test.line)
			}
			if nanos != test.nanos {
				t.Errorf("time = %v, want %v", time.Unix(0, nanos).UTC(), time.Unix(0, test.nanos).UTC())
			}
			if got := test.line[n:]; got != test.message {
				t.Errorf("message = %q, want %q", got, test.message)
			}
		})
	}
}

func TestStampParserRefuses(t *testing.T) {
	for _, line := range []string{
		"",
		"hello",
		"2024-05-06T12:00:00Z",             // no blank
		"2024-05-06T12:00:00Z\thello",      // a tab is none
		"2024-05-06 12:00:00Z hello",       // no T
		"2024-05-06t12:00:00Z hello",       // nor a small one
		"2024-05-06T12:00:00z hello",       // nor a small zone
		"2024-05-06T12:00:00 hello",        // no zone
		"2024-05-06T12:00:00.Z hello",      // a dot and no digit
		"2024-05-06T12:00:00,5Z hello",     // a comma
		"2024-05-06T12:00:00.1234567891Z ", // ten digits
		"2024-05-06T2:00:00Z hello world",  // one digit of an hour
		"2024-02-30T12:00:00Z hello",       // no such day
		"2023-02-29T12:00:00Z hello",       // nor such a leap day
		"2024-13-01T12:00:00Z hello",
		"2024-05-06T24:00:00Z hello",
		"2024-05-06T12:60:00Z hello",
		"2024-05-06T12:00:60Z hello",
		"2024-05-06T12:00:00+24:00 hello",
		"2024-05-06T12:00:00+01:60 hello",
		"2024-05-06T12:00:00+0100 hello",
		"2024-05-06T12:00:00+01 hello",
		"2024-05-06T12:00:00+1:000 hello",
		"2024-05-06T12:00:00.5",
		"2024-05-06T12:00:00+01:0",
		"20240-05-6T12:00:00Z hello",
		"0001-01-01T00:00:00Z hello", // int64 nanoseconds reach from 1677 to 2262
		"1677-01-01T00:00:00Z hello",
		"2263-01-01T00:00:00Z hello",
		"9999-12-31T23:59:59Z hello",
	} {
		var p stampParser
		if nanos, n, ok := p.parse([]byte(line)); ok {
			t.Errorf("parse(%q) = %v, message %q; want it refused", line, time.Unix(0, nanos).UTC(), line[n:])
		}
	}
}

// One parser reads line after line: what it remembers of one must not leak into
// the next.
func TestStampParserRemembersTheSecond(t *testing.T) {
	var p stampParser
	for i, test := range []struct {
		line  string
		nanos int64
		ok    bool
	}{
		{"2024-12-31T23:59:59.9Z a", utc(2024, 12, 31, 23, 59, 59, 900_000_000), true},
		{"2024-12-31T23:59:59.95Z b", utc(2024, 12, 31, 23, 59, 59, 950_000_000), true},
		{"2024-12-31T23:59:59.9+01:00 same second, other zone", utc(2024, 12, 31, 22, 59, 59, 900_000_000), true},
		{"2024-12-31T23:59:59Z", 0, false},
		{"2024-12-31T23:59:5x.9Z c", 0, false},
		{"2024-12-31T23:59:59.1Z d", utc(2024, 12, 31, 23, 59, 59, 100_000_000), true},
		{"2025-01-01T00:00:00Z the next year", utc(2025, 1, 1, 0, 0, 0, 0), true},
		{"2024-12-31T23:59:59.9Z and back", utc(2024, 12, 31, 23, 59, 59, 900_000_000), true},
		{"2025-02-29T00:00:00Z no leap year", 0, false},
		{"2024-12-31T23:59:59Z e", utc(2024, 12, 31, 23, 59, 59, 0), true},
	} {
		nanos, _, ok := p.parse([]byte(test.line))
		if ok != test.ok || nanos != test.nanos {
			t.Errorf("line %d, %q: got %d, %v; want %d, %v", i, test.line, nanos, ok, test.nanos, test.ok)
		}
	}
}

// The library's parser is laxer than RFC 3339: it takes a comma, one digit of
// an hour, any number of digits and +24:00. Where the text is strict, both must
// agree.
func FuzzStampParser(f *testing.F) {
	for _, line := range []string{
		"2024-05-06T12:00:00Z x", "2024-05-06T12:00:00.123456789+02:00 x", "2024-05-06T12:00:00,1Z x",
		"1969-12-31T23:59:59.5-01:30 x", "2024-02-30T00:00:00Z x", "0001-01-01T00:00:00Z x", "", "2024-05-06T1:00:00.00Z  ",
	} {
		f.Add([]byte(line))
	}
	strict := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)
	f.Fuzz(func(t *testing.T, line []byte) {
		word, _, blank := bytes.Cut(line, []byte(" "))
		want, err := time.Parse(time.RFC3339Nano, string(word))
		valid := blank && err == nil && strict.Match(word) && string(word[:4]) >= "1678" && string(word[:4]) <= "2261"
		var fresh, warm stampParser
		warm.parse([]byte("2024-05-06T12:00:00Z x"))
		warm.parse(line)
		for _, p := range []*stampParser{&fresh, &warm} {
			nanos, n, ok := p.parse(line)
			if ok != valid {
				t.Fatalf("parse(%q) = %v, want %v", line, ok, valid)
			}
			if ok && (nanos != want.UnixNano() || n != len(word)+1) {
				t.Fatalf("parse(%q) = %d, %d; want %d, %d", line, nanos, n, want.UnixNano(), len(word)+1)
			}
		}
	})
}
