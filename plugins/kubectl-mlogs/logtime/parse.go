// Package logtime finds out when a line of a log file says that it was written.
// The line is only read. Where the text could mean something else, the answer is
// that it gives no time: a wrong time is worse than none.
//
// At the start of a line, after what lead cuts off:
//
//	2026-11-23T21:00:20.123Z               ISO 8601; also a blank for the T, / or . for the -, a comma before the fraction
//	I1123 21:00:20.123456                  klog; I20261123 glog
//	Nov 23 21:00:20                        syslog
//	Nov 23, 2026 9:00:20 PM                java.util.logging
//	Mon Nov 23 21:00:20.123456 2026        Apache's error log; date(1) with its zone before the year
//	Mon, 23 Nov 2026 21:00:20 GMT          RFC 1123
//	23-Nov-2026 21:00:20.123               Tomcat, PHP
//	1:M 23 Nov 2026 21:00:20.123           Redis
//	1795467620.123, 1795467620123          since 1970, in seconds with a fraction of three digits or more, or in milliseconds
//
// Elsewhere:
//
//	1.2.3.4 - - [23/Nov/2026:21:00:20 +0000]    access logs; HAProxy with a fraction
//	{"level":"info","ts":1795467620.123}        JSON, see isTimeKey
//	level=info ts=2026-11-23T21:00:20Z          logfmt, likewise
//
// A time may be followed by its zone: Z, +09:00, +0900 or +09; or after a blank
// +09:00, +0900, UTC or GMT. An abbreviation such as CET means different zones
// to different people: such a time is known only where Parser.Zone calls itself
// so at that time.
//
// What cannot be is refused, as 30 February and hour 24. So is second 60: the
// last one was in 2016, and Go's time package refuses it, too. So are ten digits
// of a fraction. Years are 1990 to 2200; numbers of seconds have ten digits, and
// so begin in September 2001.
package logtime

import "time"

// Parser reads the times of lines. The zero value is ready. It remembers the
// last second, which neighbouring lines share; the answer to a line does not
// depend on the lines before. It is not safe for concurrent use.
type Parser struct {
	// Zone is where times without a zone were written; nil is UTC. Of an hour
	// that the clocks there show twice, which one is meant is not known.
	Zone *time.Location
	// Now is near the last line of the log, and gives a time without a year its
	// year: the latest that is not beyond a month from Now. Zero is the clock.
	// Neither field may be changed after the first Parse.
	Now time.Time

	key  int64 // of the second last read
	unix int64 // of that second, in its zone
}

const (
	leadReach   = 80   // bytes before a time at the start of a line
	accessReach = 200  // bytes before the time of an access log
	fieldReach  = 4096 // bytes before the end of the key of a field
)

// Parse returns the time that line gives, in Unix nanoseconds; ok is false when
// it gives none. What the first byte may begin is tried, and nothing else.
func (p *Parser) Parse(line []byte) (nanos int64, ok bool) {
	if len(line) == 0 {
		return 0, false
	}
	if line[0] == '{' {
		return p.object(line)
	}
	var m moment
	if s := lead(line); len(s) > 0 && len(line)-len(s) <= leadReach {
		switch {
		case isDigit(s[0]):
			if iso(s, &m) > 0 || dayFirst(s, &m) > 0 || redis(s, &m) > 0 {
				return p.nanos(&m)
			}
			if nanos, ok = epoch(s); ok {
				return nanos, true
			}
		case isLetter(s[0]):
			if klog(s, &m) > 0 || monthFirst(s, &m) > 0 || weekdayFirst(s, &m) > 0 {
				return p.nanos(&m)
			}
		}
	}
	if nanos, ok = p.pairs(line); ok {
		return nanos, true
	}
	if access(line, &m) > 0 {
		return p.nanos(&m)
	}
	return 0, false
}
