package logtime

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"testing"
	"time"
)

// forms has a line of each kind at at, at most a second later, whose message is
// as long as messages are.
var forms = []struct{ name, line string }{
	{"ISO", "2026-11-23T21:00:20.123456789Z GET /cart/17 took 25 ms, 3 items"},
	{"Python", "2026-11-23 21:00:20,123 - root - INFO - GET /cart/17 took 25 ms, 3 items"},
	{"offset", "2026-11-24T06:00:20.123+09:00 INFO GET /cart/17 took 25 ms, 3 items"},
	{"Go", "2026/11/23 21:00:20.123456 main.go:12: GET /cart/17 took 25 ms, 3 items"},
	{"klog", "I1123 21:00:20.123456       1 file.go:12] \"Request\" path=\"/cart/17\" took=\"25ms\""},
	{"syslog", "<34>Nov 23 21:00:20 host app[1]: GET /cart/17 took 25 ms, 3 items"},
	{"access", `192.168.17.200 - - [23/Nov/2026:21:00:20 +0000] "GET /cart/17 HTTP/1.1" 200 5123 "-" "curl/8.5.0"`},
	{"Apache", "[Mon Nov 23 21:00:20.123456 2026] [core:notice] [pid 1:tid 140] AH00094: Command line"},
	{"JSON first", `{"time":"2026-11-23T21:00:20.123456789Z","level":"INFO","msg":"GET","path":"/cart/17","took":25}`},
	{"JSON number", `{"level":"info","ts":1795467620.1234567,"caller":"app/main.go:12","msg":"GET","path":"/cart/17"}`},
	{"JSON last", `{"level":"info","msg":"GET /cart/17 took 25 ms","tags":["a","b"],"http":{"status":200,"path":"/cart/17"},"@timestamp":"2026-11-23T21:00:20.123Z"}`},
	{"logfmt first", `time="2026-11-23T21:00:20Z" level=info msg="GET /cart/17" took=25ms`},
	{"logfmt", `level=info ts=2026-11-23T21:00:20.123456789Z caller=main.go:12 msg="GET /cart/17" took=25ms`},
	{"epoch", "1795467620.123    345 10.0.0.1 TCP_MISS/200 1 GET http://example.org/"},
}

// nothing is what a parser sees often, and finds nothing in.
var nothing = []struct{ name, line string }{
	{"text", "GET /cart/17 took 25 ms, 3 items; the basket of the customer is now full, and the order can be sent"},
	{"trace", "\tat org.example.shop.Cart.add(Cart.java:117) [shop.jar:1.2] [spring.jar:6.1] [tomcat.jar:10.1]"},
	{"digits", "10.0.0.1 said hello to 10.0.0.2, which said nothing for 25 ms and then hung up without a word"},
	{"JSON", `{"level":"info","msg":"GET /cart/17 took 25 ms","http":{"status":200,"path":"/cart/17"},"took":25}`},
}

func TestNoAllocations(t *testing.T) {
	paris := location(t, "Europe/Paris")
	local := []byte("2026-11-23 22:00:20 CET x")
	p := Parser{Zone: paris}
	if n := testing.AllocsPerRun(100, func() { p.Parse(local) }); n != 0 {
		t.Errorf("%q: %v allocations", local, n)
	}
	for _, test := range append(forms[:len(forms):len(forms)], nothing...) {
		line := []byte(test.line)
		if n := testing.AllocsPerRun(100, func() { p.Parse(line) }); n != 0 {
			t.Errorf("%s: %v allocations", test.name, n)
		}
		if n := testing.AllocsPerRun(100, func() { new(Parser).Parse(line) }); n != 0 {
			t.Errorf("%s, a new second: %v allocations", test.name, n)
		}
	}
}

func TestForms(t *testing.T) {
	for _, test := range forms {
		p := Parser{Now: now}
		if nanos, ok := p.Parse([]byte(test.line)); !ok || nanos/1e9 != at/1e9 {
			t.Errorf("%s: %d, %v", test.name, nanos, ok)
		}
	}
	for _, test := range nothing {
		checkNone(t, []string{test.line})
	}
}

// What is remembered of a line must not leak into the next: same digits with
// another zone, another year, another form.
func TestRemembersTheSecond(t *testing.T) {
	p := Parser{Zone: location(t, "Europe/Paris"), Now: now}
	for i, test := range []struct {
		line string
		want int64 // 0 is none
	}{
		{"2026-11-23 22:00:20.9 a", at + 900*ms},
		{"2026-11-23 22:00:20.95 b", at + 950*ms},
		{"2026-11-23T22:00:20.9Z same digits, in UTC", at + 3600*1000*ms + 900*ms},
		{"2026-11-23T22:00:20+02:00 and farther east", at - 3600*1000*ms},
		{"2026-11-23 22:00:20 CET", at},
		{"2026-11-23 22:00:20 CEST", 0},
		{"2026-11-23 22:00:20 without", at},
		{"Nov 23 22:00:20 without a year", at},
		{"Nov 23 22:00:20 UTC without a year", at + 3600*1000*ms},
		{"Mon Nov 23 22:00:20 2026", at},
		{"Tue Nov 23 22:00:20 2026", 0},
		{"-001-11-23 22:00:20", 0},
		{"00-1-11-23 22:00:20", 0},
		{"0000-11-23 22:00:20", 0},
		{"2026-11-23 22:00:20 again", at},
		{"2026-11-31 22:00:20", 0},
		{"2026-11-23 22:00:20.1 and again", at + 100*ms},
		{"2025-11-23 22:00:20", utc(2025, 11, 23, 21, 0, 20, 0)},
	} {
		nanos, ok := p.Parse([]byte(test.line))
		if ok != (test.want != 0) || nanos != test.want {
			t.Errorf("line %d, %q: %v, %v; want %v", i, test.line, time.Unix(0, nanos).UTC(), ok, time.Unix(0, test.want).UTC())
		}
	}
}

// layouts are for the library to write what the parser reads.
var layouts = []string{
	"2006-01-02T15:04:05Z07:00 x", "2006-01-02T15:04:05.000000000Z07:00 x", "2006-01-02 15:04:05,000 x", "2006-01-02 15:04:05 -0700 x", "2006/01/02 15:04:05 x",
	"2006-01-02 15:04:05 MST x", "[02/Jan/2006:15:04:05 -0700] x", "::1 - - [02/Jan/2006:15:04:05 -0700] x", "1:M 02 Jan 2006 15:04:05.000 * x",
	"I0102 15:04:05.000000    1 x.go:1] x", "Jan _2 15:04:05 host x", "[Mon Jan _2 15:04:05.000000 2006] x", "Mon, 02 Jan 2006 15:04:05 MST",
	"Jan 2, 2006 3:04:05 PM x", `{"a":1,"time":"2006-01-02T15:04:05Z07:00"}`, `time="2006-01-02 15:04:05" x`, "x=1 ts=2006-01-02T15:04:05Z07:00",
}

// A warm parser says what a fresh one says, and both what the library wrote.
func TestWarmIsFresh(t *testing.T) {
	paris, newYork := location(t, "Europe/Paris"), location(t, "America/New_York")
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 4))
		warm := Parser{Zone: paris, Now: now}
		for i := range 1000 {
			when := now.Add(-time.Duration(rnd.IntN(3)) * time.Second)
			if rnd.IntN(8) == 0 {
				when = now.Add(-time.Duration(rnd.Int64N(int64(330 * 24 * time.Hour))))
			}
			zone := []*time.Location{paris, paris, time.UTC, newYork}[rnd.IntN(4)]
			layout := layouts[rnd.IntN(len(layouts))]
			line := when.In(zone).Format(layout)
			if rnd.IntN(10) == 0 { // no time, or another one
				b := []byte(line)
				b[rnd.IntN(len(b))] = "0123456789 -:Z"[rnd.IntN(14)]
				line = string(b)
			}
			fresh := Parser{Zone: paris, Now: now}
			want, wantOK := fresh.Parse([]byte(line))
			if nanos, ok := warm.Parse([]byte(line)); nanos != want || ok != wantOK {
				t.Fatalf("seed %d, line %d, %q: %d, %v; fresh %d, %v", seed, i, line, nanos, ok, want, wantOK)
			}
		}
	}
}

func TestWhatTheLibraryWrites(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 5))
	for range 5000 {
		when := now.Add(-time.Duration(rnd.Int64N(int64(330 * 24 * time.Hour))))
		p := Parser{Now: now}
		for _, layout := range layouts {
			line := when.Format(layout)
			if nanos, ok := p.Parse([]byte(line)); !ok || nanos/1e9 != when.Unix() {
				t.Fatalf("%q: %v, %v; want %v", line, time.Unix(0, nanos).UTC(), ok, when)
			}
		}
	}
}

// A line that is cut is no reason to panic, nor is one with a byte wrong.
func TestCutLines(t *testing.T) {
	var lines []string
	for _, test := range forms {
		lines = append(lines, test.line)
	}
	for _, layout := range layouts {
		lines = append(lines, now.Format(layout))
	}
	lines = append(lines, "I20261123 21:00:20.123456    1 x.cc:12] x", "Nov 23, 2026 9:00:20\u202fPM x", "Mon Nov 23 21:00:20 +0100 2026 x",
		"[\x1b[1;32mINFO ] \x1b[0m2026-11-23 21:00:20 x")
	p := Parser{Now: now}
	for _, line := range lines {
		for n := range len(line) {
			p.Parse([]byte(line[:n]))
			for _, c := range "\x00 0:[]{\"\\" {
				b := []byte(line)
				b[n] = byte(c)
				p.Parse(b)
			}
		}
	}
}

// No text makes it panic; what it remembers makes no difference; and where the
// line begins with RFC 3339, the library agrees.
func FuzzParse(f *testing.F) {
	for _, test := range append(forms[:len(forms):len(forms)], nothing...) {
		f.Add([]byte(test.line), []byte(forms[0].line))
	}
	for i, layout := range layouts {
		f.Add([]byte(now.Format(layout)), []byte(now.Format(layouts[(i+1)%len(layouts)])))
	}
	for _, line := range []string{"", "[", "{", `{"t`, "<1>", "I, [", "\x1b[0m", "[INFO]", "Nov 3, 2026 9:00:20 PM", "2026-02-30 00:00:00 CET", "x=", "I20261123 "} {
		f.Add([]byte(line), []byte(line))
	}
	strict := regexp.MustCompile(`^(199\d|20\d\d|21\d\d)-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-](0\d|1[0-3]):[0-5]\d)$`)
	zone := location(f, "Europe/Paris")
	f.Fuzz(func(t *testing.T, line, before []byte) {
		fresh, warm := Parser{Zone: zone, Now: now}, Parser{Zone: zone, Now: now}
		warm.Parse(before)
		text := string(line)
		nanos, ok := fresh.Parse(line)
		for range 2 {
			if again, againOK := warm.Parse(line); again != nanos || againOK != ok {
				t.Fatalf("Parse(%q) after %q = %d, %v; fresh %d, %v", line, before, again, againOK, nanos, ok)
			}
		}
		if string(line) != text {
			t.Fatalf("%q was made %q", text, line)
		}
		if !ok && nanos != 0 {
			t.Fatalf("Parse(%q) = %d, %v", line, nanos, ok)
		}
		if y := time.Unix(0, nanos).UTC().Year(); ok && (y < firstYear-1 || y > lastYear+1) {
			t.Fatalf("Parse(%q) is of the year %d", line, y)
		}
		if strict.Match(line) {
			want, err := time.Parse(time.RFC3339Nano, text)
			if ok != (err == nil) || (ok && nanos != want.UnixNano()) {
				t.Fatalf("Parse(%q) = %d, %v; want %v, %v", line, nanos, ok, want, err)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, test := range append(forms[:len(forms):len(forms)], nothing...) {
		b.Run(test.name, func(b *testing.B) {
			p := Parser{Now: now}
			line := []byte(test.line)
			b.ReportAllocs()
			for b.Loop() {
				p.Parse(line)
			}
		})
	}
	b.Run("new second", func(b *testing.B) {
		p := Parser{Now: now}
		var lines [60][]byte
		for i := range lines {
			lines[i] = fmt.Appendf(nil, "2026-11-23T21:00:%02d.123456789Z hello", i)
		}
		for i := 0; b.Loop(); i++ {
			p.Parse(lines[i%60])
		}
	})
}
