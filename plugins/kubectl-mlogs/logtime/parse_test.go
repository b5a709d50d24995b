package logtime

import (
	"strings"
	"testing"
	"time"
)

func utc(year int, month time.Month, day, hour, minute, second, nanos int) int64 {
	return time.Date(year, month, day, hour, minute, second, nanos, time.UTC).UnixNano()
}

const (
	ms = int64(time.Millisecond)
	us = int64(time.Microsecond)
)

// at is the second of most lines here, as a number 1795467620.
var at = utc(2026, 11, 23, 21, 0, 20, 0)

// now is what a parser in these tests takes for the end of the log.
var now = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

type good struct {
	name, line string
	want       int64
}

func checkGood(t *testing.T, tests []good) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := Parser{Now: now}
			nanos, ok := p.Parse([]byte(test.line))
			if !ok {
				t.Fatalf("%q: no time", test.line)
			}
			if nanos != test.want {
				t.Errorf("%q: %v, want %v", test.line, time.Unix(0, nanos).UTC(), time.Unix(0, test.want).UTC())
			}
		})
	}
}

func checkNone(t *testing.T, lines []string) {
	t.Helper()
	for _, line := range lines {
		p := Parser{Now: now}
		if nanos, ok := p.Parse([]byte(line)); ok {
			t.Errorf("%q: %v, want no time", line, time.Unix(0, nanos).UTC())
		}
	}
}

func TestISO(t *testing.T) {
	checkGood(t, []good{
		{"RFC 3339", "2026-11-23T21:00:20Z hello", at},
		{"alone", "2026-11-23T21:00:20Z", at},
		{"zap", "2026-11-23T21:00:20.123Z\tINFO\tsetup\tstarting", at + 123*ms},
		{"nanoseconds", "2026-11-23T21:00:20.123456789Z x", at + 123_456_789},
		{"one digit", "2026-11-23T21:00:20.5Z x", at + 500*ms},
		{"seven digits", "2026-11-23T21:00:20.0000001Z x", at + 100},
		{"Python", "2026-11-23 21:00:20,123 - root - INFO - hello", at + 123*ms},
		{"a comma that ends the time", "2026-11-23 21:00:20,GET,/", at},
		{"Spring", "2026-11-23T21:00:20.123Z  INFO 1 --- [main] c.e.App : x", at + 123*ms},
		{"old Spring", "2026-11-23 21:00:20.123  INFO 1 --- [main] c.e.App : x", at + 123*ms},
		{"NLog", "2026-11-23 21:00:20.1230|INFO|App|x", at + 123*ms},
		{"Go", "2026/11/23 21:00:20 hello", at},
		{"Go with microseconds", "2026/11/23 21:00:20.123456 main.go:12: hello", at + 123_456*us},
		{"nginx", "2026/11/23 21:00:20 [error] 29#29: *1 open() failed", at},
		{"ClickHouse", "2026.11.23 21:00:20.123456 [ 1 ] {} <Information> App: x", at + 123_456*us},
		{"MySQL", "2026-11-23T21:00:20.123456Z 0 [System] [MY-010116] [Server] x", at + 123_456*us},
		{"PostgreSQL", "2026-11-23 21:00:20.123 UTC [1] LOG:  x", at + 123*ms},
		{"gunicorn", "[2026-11-23 21:00:20 +0000] [1] [INFO] Listening", at},
		{"Elasticsearch", "[2026-11-23T21:00:20,123][INFO ][o.e.n.Node] x", at + 123*ms},
		{"a message with a hyphen", "2026-11-23 21:00:20 - hello", at},
		{"a message of a sign", "2026-11-23 21:00:20 +", at},
		{"an empty message", "2026-11-23 21:00:20 ", at},
		{"a fraction at the end", "2026-11-23 21:00:20.5", at + 500*ms},
		{"a comma at the end", "2026-11-23 21:00:20,", at},
		{"a colon at the end", "2026-11-23T21:00:20Z:", at},
		{"a colon", "2026-11-23T21:00:20Z: hello", at},
		{"carriage return", "2026-11-23T21:00:20Z\r", at},
		{"no ASCII", "2026-11-23 21:00:20\u3000こんにちは", at},
		{"invalid UTF-8", "2026-11-23 21:00:20\xff", at},
		{"leap day", "2024-02-29 00:00:00 x", utc(2024, 2, 29, 0, 0, 0, 0)},
		{"leap day of a century", "2000-02-29 00:00:00 x", utc(2000, 2, 29, 0, 0, 0, 0)},
		{"first", "1990-01-01T00:00:00Z x", utc(1990, 1, 1, 0, 0, 0, 0)},
		{"last", "2200-12-31T23:59:59.999999999Z x", utc(2200, 12, 31, 23, 59, 59, 999_999_999)},
	})
	checkNone(t, []string{
		"", "2", "2026", "2026-11-23", "2026-11-23 hello", "2026-11-23T21:00", "2026-11-23T21:00Z hello", "2026-11-23T21:00:2",
		"2026-00-23T21:00:20Z", "2026-13-23T21:00:20Z", "2026-11-00T21:00:20Z", "2026-11-31T21:00:20Z", "2026-01-32T21:00:20Z",
		"2026-02-29T21:00:20Z", "2026-02-30T21:00:20Z", "2100-02-29T21:00:20Z", "2026-04-31 21:00:20",
		"2026-11-23T24:00:00Z", "2026-11-23T21:60:20Z", "2026-11-23T21:00:60Z", "2016-12-31T23:59:60Z", "2026-11-23T99:99:99Z",
		"1989-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
		"2026-11-23t21:00:20z", "2026-11-23_21:00:20", "2026-11/23 21:00:20", "2026/11-23 21:00:20", "2026/11/23T21:00:20Z",
		"2026:11:23 21:00:20", "2026 11 23 21:00:20", "20261123T210020Z", "2026-1-23 21:00:20", "2026-11-23 1:00:20 x",
		"2026-11-23T21-00-20Z", "2026-11-23T21:00-20Z", "2026-11-23T21.00:20Z",
		"202a-11-23T21:00:20Z", "2026-1b-23T21:00:20Z", "2026-11-2cT21:00:20Z", "2026-11-23T2d:00:20Z", "2026-11-23T21:0e:20Z",
		"2026-11-23T21:00:2fZ", "2026-+1-23T21:00:20Z", "2026-11- 3T21:00:20Z", "-026-11-23T21:00:20Z", "00-1-11-23T21:00:20Z",
		"2026-11-23T21:00:20.Z", "2026-11-23T21:00:20.", "2026-11-23T1::00:20Z", "201:-11-23T21:00:20Z", "2026-11-23T21:/0:20Z", "2026-11-23 21:00:20. The end",
		"2026-11-23T21:00:20.1234567891Z", "2026-11-23T21:00:20.1.2",
		"2026-11-23 21:00:201", "2026-11-23 21:00:20:123", "2026-11-23 21:00:20x", "2026-11-23 21:00:20_x", "2026-11-23 21:00:20/21:00:30",
		"02026-11-23T21:00:20Z", "x2026-11-23T21:00:20Z", " 2026-11-23T21:00:20Z", "next run at 2026-11-23T21:00:20Z",
		"11/23/2026 21:00:20", "23.11.2026 21:00:20", "26-11-23 21:00:20", "12345 widgets", "10.0.0.1 GET /", "200 OK", "21:00:20 x",
	})
}

func TestLead(t *testing.T) {
	checkGood(t, []good{
		{"bracket", "[2026-11-23 21:00:20] x", at},
		{"quote", `"2026-11-23 21:00:20","GET"`, at},
		{"single quote", `'2026-11-23 21:00:20' x`, at},
		{"RFC 5424", "<34>1 2026-11-23T21:00:20.003Z host app - ID47 - x", at + 3*ms},
		{"RFC 3164", "<191>Nov 23 21:00:20 host app[1]: x", at},
		{"level", "INFO 2026-11-23 21:00:20 x", at},
		{"level in brackets", "[WARNING] 2026-11-23 21:00:20 x", at},
		{"level padded in brackets", "[INFO ]  2026-11-23 21:00:20 x", at},
		{"Dropwizard", "INFO  [2026-11-23 21:00:20,123] com.example.App: x", at + 123*ms},
		{"Jupyter", "[I 2026-11-23 21:00:20.123 ServerApp] x", at + 123*ms},
		{"level and time in brackets", "[INFO 2026-11-23 21:00:20] x", at},
		{"Ruby", "I, [2026-11-23T21:00:20.123456 #1]  INFO -- : x", at + 123_456*us},
		{"Rust", "\x1b[2m2026-11-23T21:00:20.123456Z\x1b[0m \x1b[32m INFO\x1b[0m x", at + 123_456*us},
		{"colours around a level", "\x1b[1;32m[INFO]\x1b[0m 2026-11-23 21:00:20 x", at},
		{"colours in brackets", "[\x1b[90m2026-11-23 21:00:20\x1b[0m] x", at},
	})
	checkNone(t, []string{
		"[", "\"", "<", "<34", "<34>", "<34>1 ", "<>2026-11-23T21:00:20Z", "<1234>2026-11-23T21:00:20Z", "<x>2026-11-23T21:00:20Z",
		"<34>2 2026-11-23T21:00:20Z", "[[2026-11-23T21:00:20Z]]", "(2026-11-23T21:00:20Z)", "[INFO", "[INFO]", "INFO", "INFO ", "[INFO] ",
		"ERROR: 2026-11-23 21:00:20 is not valid", "INFO2026-11-23 21:00:20", "[INFO]2026-11-23 21:00:20",
		"INFORM 2026-11-23 21:00:20", "FOO 2026-11-23 21:00:20", "I, [", "I, 2026-11-23 21:00:20", "\x1b", "\x1b[", "\x1b[1", "\x1b[2K2026-11-23T21:00:20Z",
	})
}

func TestNamedMonths(t *testing.T) {
	checkGood(t, []good{
		{"access log", `1.2.3.4 - - [23/Nov/2026:21:00:20 +0000] "GET / HTTP/1.1" 200 5`, at},
		{"combined", `::1 - bob [24/Nov/2026:06:00:20 +0900] "GET / HTTP/1.1" 200 5 "-" "curl"`, at},
		{"virtual host", `example.org:80 1.2.3.4 - - [23/Nov/2026:21:00:20 +0000] "GET /"`, at},
		{"IPv6 in brackets", `[::1] - - [23/Nov/2026:21:00:20 +0000] "GET /"`, at},
		{"access log at the start", `[23/Nov/2026:21:00:20 +0000] "GET /"`, at},
		{"werkzeug", `127.0.0.1 - - [23/Nov/2026 21:00:20] "GET / HTTP/1.1" 200 -`, at},
		{"HAProxy", "10.0.0.1:5678 [23/Nov/2026:21:00:20.123] fe be/srv 0/0/0", at + 123*ms},
		{"PHP-FPM", "[23-Nov-2026 21:00:20] NOTICE: fpm is running, pid 1", at},
		{"PHP", "[23-Nov-2026 21:00:20 UTC] PHP Warning:  x", at},
		{"Tomcat", "23-Nov-2026 21:00:20.123 INFO [main] org.apache.catalina.startup.Catalina.start x", at + 123*ms},
		{"day first, alone", "23-Nov-2026 21:00:20", at},
		{"Redis", "1:M 23 Nov 2026 21:00:20.123 * Ready to accept connections", at + 123*ms},
		{"Apache", "[Mon Nov 23 21:00:20.123456 2026] [core:notice] [pid 1:tid 2] x", at + 123_456*us},
		{"old Apache", "[Mon Nov 23 21:00:20 2026] [notice] x", at},
		{"Apache, a day of one digit", "[Sun Nov  1 21:00:20 2026] [notice] x", utc(2026, 11, 1, 21, 0, 20, 0)},
		{"date(1)", "Mon Nov 23 21:00:20 UTC 2026 hello", at},
		{"offset before the year", "Mon Nov 23 22:00:20 +0100 2026 hello", at},
		{"RFC 1123", "[Mon, 23 Nov 2026 21:00:20 GMT] hello", at},
		{"java.util.logging", "Nov 23, 2026 9:00:20 PM org.example.App main", at},
		{"java.util.logging from Java 20 on", "Nov 23, 2026 9:00:20\u202fPM org.example.App main", at},
		{"java.util.logging, alone", "Nov 3, 2026 9:00:20 PM", utc(2026, 11, 3, 21, 0, 20, 0)},
		{"java.util.logging, no blank", "Nov 23, 2026 09:00:20PM x", at},
		{"java.util.logging, noon", "Nov 3, 2026 12:00:20 PM x", utc(2026, 11, 3, 12, 0, 20, 0)},
		{"java.util.logging, midnight", "Nov 3, 2026 12:00:20 AM x", utc(2026, 11, 3, 0, 0, 20, 0)},
		{"java.util.logging, morning", "Nov 3, 2026 10:59:59 AM", utc(2026, 11, 3, 10, 59, 59, 0)},
	})
	for i, name := range []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"} {
		checkGood(t, []good{{name, "05-" + name + "-2026 01:02:03 x", utc(2026, time.Month(i+1), 5, 1, 2, 3, 0)}})
	}
	for i, name := range []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"} { // 1 November 2026 was a Sunday
		checkGood(t, []good{{name, name + " Nov  " + string(rune('1'+i)) + " 01:02:03 2026", utc(2026, 11, i+1, 1, 2, 3, 0)}})
		checkNone(t, []string{name + " Nov  " + string(rune('2'+i)) + " 01:02:03 2026"})
	}
	checkNone(t, []string{
		`1.2.3.4 - - [31/Nov/2026:21:00:20 +0000] "GET /"`, `1.2.3.4 - - [23/Nov/2026:24:00:20 +0000] "GET /"`,
		`1.2.3.4 - - [23/Nov/2026:21:00:20 +0000 "GET /"`, `1.2.3.4 - - [23/Nov/2026:21:00:20 +0000`, `x[23/Nov/2026:21:00:20 +0000] y`,
		`1.2.3.4 - - [23/nov/2026:21:00:20 +0000] "GET /"`, `1.2.3.4 - - [3/Nov/2026:21:00:20 +0000] "GET /"`,
		`1.2.3.4 - - [23-Nov-2026 21:00:20] "GET /"`, `1.2.3.4 - - [2026-11-23 21:00:20] "GET /"`, `1.2.3.4 - - [23-Nov-2026:21:00:20] x`,
		"23-Nov-2026T21:00:20 x", "23/Nov/2026T21:00:20 x", "1:M 23 Nov 2026 was a long day", "Mon,-23 Nov 2026 21:00:20 GMT",
		"Nov 23, 2026 10:00:20\u202f",
		"23/Nov-2026 21:00:20", "23.Nov.2026 21:00:20", "31 Feb 2026 21:00:20", "23 Nov 2026 at 21:00", "1:M 23 Nov", "1: 23 Nov 2026 21:00:20.123",
		"1:1 23 Nov 2026 21:00:20.123", "Mon Nov 23 21:00:20 2025", "Tue, 23 Nov 2026 21:00:20 GMT", "Mon Nov 23 21:00:20 hello", "Mon 23 Nov 2026 21:00:20",
		"Mon Nov 23 09:00:20 PM UTC 2026", "Mon Nov 23, 2026 9:00:20 PM now", "Nov 23, 2026 13:00:20 PM", "Nov 23, 2026 0:00:20 AM", "Nov 23, 2026 9:00:20",
		"Nov 23, 2026 9:00:20 XM", "Nov 23, 2026 9:00:20 PMx", "Nov 23, 2026 9:60:20 PM", "Nov 23, 2026 9-00:20 PM", "Nov 23, 2026 9:00-20 PM",
		"Nov 31, 2026 9:00:20 PM", "Nov 23,2026 9:00:20 PM", "Nov 23,-2026 9:00:20 PM", "Nov 23, 2026-9:00:20 PM", "Nov 23, 2026 x:00:20 PM",
	})
}

func TestAccessLogReach(t *testing.T) {
	for _, test := range []struct {
		name string
		len  int
		ok   bool
	}{{"within", accessReach - 1, true}, {"beyond", accessReach, false}} {
		line := make([]byte, test.len)
		for i := range line {
			line[i] = 'u'
		}
		line[len(line)-1] = ' '
		line = append(line, "[23/Nov/2026:21:00:20 +0000] x"...)
		if nanos, ok := new(Parser).Parse(line); ok != test.ok || (ok && nanos != at) {
			t.Errorf("%s: %d, %v", test.name, nanos, ok)
		}
	}
}

func TestLeadReach(t *testing.T) {
	for _, test := range []struct {
		name string
		len  int
		ok   bool
	}{{"within", leadReach, true}, {"beyond", leadReach + 1, false}} {
		line := "\x1b[" + strings.Repeat("0", test.len-3) + "m2026-11-23T21:00:20Z"
		if nanos, ok := new(Parser).Parse([]byte(line)); ok != test.ok || (ok && nanos != at) {
			t.Errorf("%s: %d, %v", test.name, nanos, ok)
		}
	}
}

func TestEpoch(t *testing.T) {
	checkGood(t, []good{
		{"milliseconds of a fraction", "1795467620.123 hello", at + 123*ms},
		{"Squid", "1795467620.123    345 10.0.0.1 TCP_MISS/200 1 GET http://x/", at + 123*ms},
		{"redis-cli monitor", `1795467620.123456 [0 127.0.0.1:1] "get" "x"`, at + 123_456*us},
		{"nanoseconds", "1795467620.123456789\thello", at + 123_456_789},
		{"more than nanoseconds", "1795467620.1234567899 hello", at + 123_456_789},
		{"in brackets", "[1795467620.123] hello", at + 123*ms},
		{"milliseconds", "1795467620123 hello", at + 123*ms},
		{"last", "7289654399999 hello", utc(2200, 12, 31, 23, 59, 59, 999_000_000)},
		{"first", "1000000000.000 hello", utc(2001, 9, 9, 1, 46, 40, 0)},
	})
	checkNone(t, []string{
		"1795467620 hello", "1795467620.12 hello", "1795467620. hello", "1795467620.123", "1795467620.123s", "1795467620.123,x", "1795467620.123.4 x",
		"1795467620123", "1795467620123.5 hello", "1795467620123ms", "1795467620123456 hello", "1795467620123456789 hello", "17954676201234567890 hello",
		"179546762.123 hello", "17954676201.123 hello", "179546762012 hello", "7289654400.000 hello", "7289654400000 hello", "9999999999999 hello",
		"0795467620.123 hello", "-1795467620.123 hello", "99999999999999999999999999 hello",
	})
}
