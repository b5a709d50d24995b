package source

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// collector is a Sink that keeps the lines.
type collector struct {
	lines  []timedLine
	fail   error
	caught int
}

type timedLine struct {
	time int64
	text string
	cut  int64
}

func (c *collector) Send(_ context.Context, b *record.Batch) error {
	if c.fail != nil {
		return c.fail
	}
	for i, l := range b.Lines {
		c.lines = append(c.lines, timedLine{l.Time, string(b.Message(i)), l.Cut})
	}
	return nil
}

func (c *collector) CaughtUp() { c.caught++ }

func TestLines(t *testing.T) {
	const stamp = "2024-05-06T12:00:00.5Z "
	at := utc(2024, 5, 6, 12, 0, 0, 500_000_000)
	text := strings.Join([]string{
		"plain",
		stamp + "stamped",
		stamp,
		"",
		"2024-05-06T12:00:00Z",
		stamp + "0123456789",
		stamp + "0123456789abc",
		"0123456789abc" + strings.Repeat("z", 50),
		stamp + strings.Repeat("y", 5000),
		"2024-05-06T14:00:00.500000000+02:00 0123456789a",
		"the end",
	}, "\n")
	want := []timedLine{
		{record.NoTime, "plain", 0},
		{at, "stamped", 0},
		{at, "", 0},
		{record.NoTime, "", 0},
		{record.NoTime, "2024-05-06", 10},
		{at, "0123456789", 0},
		{at, "0123456789", 3},
		{record.NoTime, "0123456789", 53},
		{at, "yyyyyyyyyy", 4990},
		{at, "0123456789", 1},
		{record.NoTime, "the end", 0},
	}
	for name, reader := range map[string]io.Reader{
		"whole":           strings.NewReader(text),
		"newline at end":  strings.NewReader(text + "\n"),
		"byte by byte":    iotest.OneByteReader(strings.NewReader(text)),
		"halves":          iotest.HalfReader(strings.NewReader(text)),
		"EOF with data":   iotest.DataErrReader(strings.NewReader(text)),
		"empty reads too": &emptyReads{from: strings.NewReader(text)},
	} {
		t.Run(name, func(t *testing.T) {
			var got collector
			if err := Lines(t.Context(), reader, &record.Origin{}, &got, &record.Pool{}, 10, Stamps()); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.lines, want) {
				t.Errorf("got  %+v\nwant %+v", got.lines, want)
			}
		})
	}
}

// emptyReads puts a read of nothing before each read.
type emptyReads struct {
	from io.Reader
	next bool
}

func (r *emptyReads) Read(p []byte) (int, error) {
	if r.next = !r.next; r.next {
		return 0, nil
	}
	return r.from.Read(p)
}

func TestLinesEnd(t *testing.T) {
	broken, stopped := errors.New("broken"), errors.New("stopped")
	for _, test := range []struct {
		name  string
		from  io.Reader
		fail  error
		want  error
		lines int
	}{
		{"nothing at all", strings.NewReader(""), nil, nil, 0},
		{"a failing reader, after its lines", io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken)), nil, broken, 2},
		{"a sink that has been stopped", strings.NewReader("a\nb\n"), stopped, stopped, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := collector{fail: test.fail}
			if err := Lines(t.Context(), test.from, &record.Origin{}, &got, &record.Pool{}, 10, Stamps()); !errors.Is(err, test.want) {
				t.Errorf("error = %v, want %v", err, test.want)
			}
			if len(got.lines) != test.lines {
				t.Errorf("%d lines, want %d", len(got.lines), test.lines)
			}
		})
	}
}
