package metrics

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const page = `# HELP cloudsqlconn_open_connections The current number of open Cloud SQL connections
# TYPE cloudsqlconn_open_connections gauge
cloudsqlconn_open_connections{cloudsql_dialer_id="d-1",cloudsql_instance="shop:eu:orders"} 7
cloudsqlconn_open_connections{cloudsql_dialer_id="d-2",cloudsql_instance="shop:eu:orders"} 2
cloudsqlconn_open_connections{cloudsql_dialer_id="d-1",cloudsql_instance="example.com:shop:eu:mail"} 0
# TYPE cloudsqlconn_dial_failure_count counter
cloudsqlconn_dial_failure_count{cloudsql_dialer_id="d-1",cloudsql_instance="shop:eu:orders"} 1.2e+03 1790000000000
cloudsqlconn_refresh_failure_count{cloudsql_instance="shop:eu:orders", } 3
# TYPE cloudsqlconn_dial_latency histogram
cloudsqlconn_dial_latency_bucket{cloudsql_instance="shop:eu:orders",le="+Inf"} 9
go_goroutines 12
go_memstats_last_gc_time_seconds NaN
`

func TestRead(t *testing.T) {
	t.Parallel()
	want := map[string]Counts{"shop:eu:orders": {Open: 9, DialFailures: 1200, RefreshFailures: 3}, "example.com:shop:eu:mail": {}}
	for name, text := range map[string]string{
		"as it is":         page,
		"a namespace":      strings.ReplaceAll(page, "cloudsqlconn_", "sqlproxy_cloudsqlconn_"),
		"later names":      strings.ReplaceAll(page, "_count{", "_count_total{"),
		"AlloyDB's names":  strings.NewReplacer("cloudsqlconn_", "alloydbconn_", "cloudsql_", "alloydb_").Replace(page),
		"Windows newlines": strings.ReplaceAll(page, "\n", "\r\n"),
	} {
		got, err := Read(strings.NewReader(text))
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	got, err := Read(strings.NewReader(`conn_open_connections{cloudsql_instance="a\"b\\c\nd"} 1`))
	if err != nil || !maps.Equal(got, map[string]Counts{"a\"b\\c\nd": {Open: 1}}) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = Read(strings.NewReader("conn_open_connections{cloudsql_instance=\"a\"} 1e999\nconn_open_connections{cloudsql_instance=\"a\"} NaN"))
	if err != nil || len(got) != 0 {
		t.Errorf("values that count nothing: %+v, %v", got, err)
	}
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 1000) + " 1\n"
	for text, want := range map[string]string{
		"":                                 "no metrics",
		"# only comments\n":                "no metrics",
		"a 1\n<html>":                      "line 2 of the metrics: it has no name and value",
		"{} 1":                             "no name",
		`a{b="c} 1`:                        "does not end",
		`a{b="c\`:                          "does not end",
		`a{b=c} 1`:                         "not NAME=",
		`a{`:                               "not NAME=",
		`a{}`:                              "0 words",
		"a x":                              `"x" is no value`,
		"a 1 2 3":                          "3 words",
		"a " + strings.Repeat("1", 70<<10): "more than 65536 bytes",
		strings.Repeat(long, 8<<10):        "-",
		strings.Repeat(long, 9<<10):        "more than 8388608 bytes",
	} {
		if _, err := Read(strings.NewReader(text)); (err == nil) != (want == "-") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			http.NotFound(w, r)
			return
		}
		io.WriteString(w, page) //nolint:errcheck // the test sees it
	}))
	t.Cleanup(s.Close)
	dial := func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", s.Listener.Addr().String())
	}
	got, err := Get(t.Context(), dial)
	if err != nil || got["shop:eu:orders"].Open != 9 {
		t.Errorf("%+v, %v", got, err)
	}
	s.Config.Handler = http.NotFoundHandler()
	if _, err := Get(t.Context(), dial); err == nil || !strings.Contains(err.Error(), "/metrics answers with status 404") {
		t.Errorf("%v", err)
	}
}

// FuzzParseSample: what is written in the format is read as it was meant, and nothing
// else does harm.
func FuzzParseSample(f *testing.F) {
	for line := range strings.Lines(page) {
		f.Add(line, 1.5)
	}
	f.Fuzz(func(t *testing.T, text string, value float64) {
		_, _ = parseSample(text)
		line := fmt.Sprintf("name{a=\"%s\",b=\"x\"} %g", strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text), value)
		s, err := parseSample(line)
		if err != nil || s.labels["a"] != text || s.labels["b"] != "x" || s.value != value && value == value {
			t.Errorf("%q: %+v, %v", line, s, err)
		}
	})
}
