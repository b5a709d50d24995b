package diagnose

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

func TestReadLog(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 1, 0, 2, 0, time.UTC)
	for name, test := range map[string]struct {
		lines []string
		want  []logLine
	}{
		"v2 as JSON": {
			[]string{`{"severity":"ERROR","timestamp":"2026-11-24T01:00:02Z","message":"[p:r:i] failed to connect to instance: x"}`},
			[]logLine{{"ERROR", at, "[p:r:i] failed to connect to instance: x", "p:r:i", "failed to connect to instance: x"}},
		},
		"v1 as JSON": {
			[]string{`{"severity":"ERROR","timestamp":"2026-11-24T01:00:02.000Z","caller":"proxy/client.go:183","message":"couldn't connect to \"p:r:i\": x","stacktrace":"main"}`},
			[]logLine{{"ERROR", at, `couldn't connect to "p:r:i": x`, "p:r:i", "couldn't connect to: x"}},
		},
		"v2 as text": {
			[]string{"2026/11/24 01:00:02 [projects/p/locations/r/clusters/c/instances/i] Listening on 127.0.0.1:5432"},
			[]logLine{{"", at, "[projects/p/locations/r/clusters/c/instances/i] Listening on 127.0.0.1:5432", "projects/p/locations/r/clusters/c/instances/i", "Listening on 127.0.0.1:5432"}},
		},
		"v1 as text, over lines": {
			[]string{"2026/11/24 01:00:02 errors parsing config:", "\tgoogleapi: Error 404: x, instanceDoesNotExist", "", "\tgoogleapi: y", "2026/11/24 01:00:02 z"},
			[]logLine{
				{"", at, "errors parsing config:\n\tgoogleapi: Error 404: x, instanceDoesNotExist\n\tgoogleapi: y", "", "errors parsing config:\n\tgoogleapi: Error 404: x, instanceDoesNotExist\n\tgoogleapi: y"},
				{"", at, "z", "", "z"},
			},
		},
		"what is printed without the logger": {
			[]string{"2026/11/24 01:00:02 a", "Error: missing instance_connection_name (e.g., project:region:instance)", "Usage:", "  cloud-sql-proxy INSTANCE_CONNECTION_NAME... [flags]"},
			[]logLine{
				{"", at, "a", "", "a"},
				{"", time.Time{}, "Error: missing instance_connection_name (e.g., project:region:instance)", "", "Error: missing instance_connection_name (e.g., project:region:instance)"},
				{"", time.Time{}, "Usage:", "", "Usage:"},
				{"", time.Time{}, "  cloud-sql-proxy INSTANCE_CONNECTION_NAME... [flags]", "", "  cloud-sql-proxy INSTANCE_CONNECTION_NAME... [flags]"},
			},
		},
		"what follows JSON is no part of it": {
			[]string{`{"severity":"info","message":"a"}`, "b", "{broken", `{"severity":"ERROR"}`},
			[]logLine{{"INFO", time.Time{}, "a", "", "a"}, {"", time.Time{}, "b", "", "b"}, {"", time.Time{}, "{broken", "", "{broken"}, {"", time.Time{}, `{"severity":"ERROR"}`, "", `{"severity":"ERROR"}`}},
		},
		"brackets that are no instance": {
			[]string{"2026/11/24 01:00:02 [Health Check] Readiness failed: max connections reached (open = 2, max = 2)\r", "2026/11/24 01:00:02 [::]:5432"},
			[]logLine{
				{"", at, "[Health Check] Readiness failed: max connections reached (open = 2, max = 2)", "", "[Health Check] Readiness failed: max connections reached (open = 2, max = 2)"},
				{"", at, "[::]:5432", "", "[::]:5432"},
			},
		},
		"nothing": {[]string{"", "  ", "\n"}, []logLine{}},
	} {
		if got := readLog(test.lines); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got  %+v\nwant %+v", name, got, test.want)
		}
	}
}

// What never ends does not fill the memory, nor is a message made of all that follows.
func TestReadLogIsBounded(t *testing.T) {
	t.Parallel()
	lines := []string{"2026/11/24 01:00:02 a", strings.Repeat("x", 1<<20)}
	for range 1000 {
		lines = append(lines, "\tb")
	}
	got := readLog(lines)
	if n := len(got[0].message); n > messageBytes {
		t.Errorf("a message of %d bytes", n)
	}
	if want := 1 + 1000 + 1 - followLines; len(got) != want {
		t.Errorf("%d messages, want %d", len(got), want)
	}
}

func TestPodLogs(t *testing.T) {
	t.Parallel()
	s := &subject{Proxy: &snapshot.Proxy{Logs: []*snapshot.Log{
		{Pod: "b", Previous: true}, {Pod: "b"}, {Pod: "a"}, {Pod: "a", Previous: true, Lines: []string{"x"}},
	}}}
	var got []string
	for _, l := range s.podLogs() {
		got = append(got, l.source())
	}
	want := []string{"log of pod/a", "log of pod/a, run before", "log of pod/b", "log of pod/b, run before"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if text := s.podLogs()[1].lines[0].text; text != "x" {
		t.Errorf("%q", text)
	}
}

// FuzzReadLog: whatever a container prints, no line gets lost, nor does what it says.
func FuzzReadLog(f *testing.F) {
	f.Add("2026/11/24 01:00:02 errors parsing config:\n\tx")
	f.Add(`{"severity":"ERROR","timestamp":"2026-11-24T01:00:02Z","message":"[p:r:i] x"}`)
	f.Add("couldn't connect to \"p:r:i\": x\nError: x\n[a:b] ")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		got := readLog(lines)
		if len(got) > len(lines) {
			t.Errorf("%d messages of %d lines", len(got), len(lines))
		}
		for _, line := range lines {
			if strings.TrimSpace(line) != "" && len(got) == 0 {
				t.Errorf("%q is lost", line)
			}
		}
		for _, l := range got {
			if l.message == "" || l.text == "" && l.instance == "" || !strings.Contains(l.message, l.instance) {
				t.Errorf("%+v of %q", l, text)
			}
			if len(l.message) > messageBytes {
				t.Errorf("%d bytes", len(l.message))
			}
		}
	})
}
