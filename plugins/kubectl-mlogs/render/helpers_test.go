package render

import (
	"bytes"
	"regexp"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

var web = &record.Origin{ID: 0, Context: "blue", Namespace: "shop", Pod: "web-0", Container: "app", Node: "node-1"}

// noon is the time of the lines of these tests.
var noon = time.Date(2024, 5, 6, 12, 0, 0, 1_500_000, time.UTC).UnixNano()

// line is one line with its time and what was cut off.
type line struct {
	text string
	time int64
	cut  int64
}

func newBatch(o *record.Origin, lines ...line) *record.Batch {
	b := &record.Batch{Origin: o}
	for _, l := range lines {
		start := len(b.Data)
		b.Data = append(b.Data, l.text...)
		b.Lines = append(b.Lines, record.Line{Time: l.time, Start: int32(start), End: int32(len(b.Data)), Cut: l.cut})
	}
	return b
}

// rendered is what a Writer makes of lines.
func rendered(t *testing.T, opts Options, o *record.Origin, lines ...line) string {
	t.Helper()
	if opts.Zone == nil {
		opts.Zone = time.UTC
	}
	var out bytes.Buffer
	w, err := NewWriter(&out, opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Lines(newBatch(o, lines...), 0, len(lines)); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// one is rendered of one line of noon, without the newline that must end it.
func one(t *testing.T, opts Options, text string) string {
	t.Helper()
	got := rendered(t, opts, web, line{text: text, time: noon})
	if len(got) == 0 || got[len(got)-1] != '\n' {
		t.Fatalf("%q does not end with a newline", got)
	}
	return got[:len(got)-1]
}

func regexps(patterns ...string) []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, p := range patterns {
		all = append(all, regexp.MustCompile(p))
	}
	return all
}
