package file

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

func TestIsBinary(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	for i := range 1000 {
		_, _ = w.Write([]byte(strings.Repeat("line ", i%7) + decimal(int64(i)) + "\n"))
	}
	w.Close()
	for _, test := range []struct {
		name, text string
		want       bool
	}{
		{"text", "2026-01-02 some words\n\tat main.go:3\r\n", false},
		{"colours", "\x1b[31mERROR\x1b[0m it is broken\n", false},
		{"UTF-8", "für ein Überraschungsei – 日本語\n", false},
		{"Latin-1", "f\xfcr ein \xdcberraschungsei\n", false},
		{"nothing", "", false},
		{"three odd bytes", "a\x00\x01\x02", false},
		{"an odd byte in a long line", strings.Repeat("text ", 100) + "\x00\x01\x02\x03\x04", false},
		{"gzip", zipped.String(), true},
		{"a few bytes of gzip", zipped.String()[:20], true},
		{"ELF", "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x3e\x00", true},
		{"numbers", strings.Repeat("\x00\x00\x01\x07", 3000), true},
		{"text first, as far as is looked", strings.Repeat("x", 8000) + strings.Repeat("\x00", 8000), false},
	} {
		if got := isBinary([]byte(test.text)); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestClock(t *testing.T) {
	told := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	const line, rest = "2026-01-02T03:04:05Z begin", "\tat main.go:3"
	synctest.Test(t, func(t *testing.T) {
		past := &clock{}
		if got := past.of([]byte(rest)); got != record.NoTime {
			t.Errorf("an old line without a time, at the beginning: %d", got)
		}
		if got := past.of([]byte(line)); got != told.UnixNano() {
			t.Errorf("an old line with a time: %d", got)
		}
		time.Sleep(time.Hour)
		if got := past.of([]byte(rest)); got != told.UnixNano() {
			t.Errorf("an old line without a time, after one with: %d", got)
		}
		live := &clock{live: true}
		if got := live.of([]byte(rest)); got != time.Now().UnixNano() {
			t.Errorf("a live line without a time: %d", got)
		}
		if got := live.of([]byte(line)); got != told.UnixNano() {
			t.Errorf("a live line with a time: %d", got)
		}
		time.Sleep(belongs - 1)
		if got := live.of([]byte(rest)); got != told.UnixNano() {
			t.Errorf("its continuation: %d", got)
		}
		time.Sleep(time.Nanosecond)
		if got := live.of([]byte(rest)); got != time.Now().UnixNano() {
			t.Errorf("a later line: %d", got)
		}
	})
}
