package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// play is a Reader on a node that a test scripts, for what takes seconds or a
// certain order of events. Run it in synctest's time.
type play struct {
	*Reader
	t *testing.T
	// node answers the n-th request for the log, from 1.
	node   func(ctx context.Context, n int, o *corev1.PodLogOptions) (io.ReadCloser, error)
	asked  int
	lines  []string
	events []Event
}

var everything = Options{Follow: true, Tail: -1}

func newPlay(t *testing.T, opts Options, first Snapshot) *play {
	opts.MaxLine = 1 << 10
	p := &play{t: t}
	p.Reader = &Reader{
		Options: opts, Origin: &record.Origin{Namespace: "shop", Pod: "web-0", Container: "app"},
		Logs: p, State: NewState(first), Sink: p, Pool: &record.Pool{},
		Report: func(e Event) { p.events = append(p.events, e) }, Refresh: func(context.Context) {},
	}
	return p
}

func (p *play) OpenLog(ctx context.Context, _, _ string, o *corev1.PodLogOptions) (io.ReadCloser, error) {
	if p.asked++; p.asked > 1000 {
		p.t.Fatalf("asks again and again without a pause; events: %+v", p.events[:min(len(p.events), 10)])
	}
	return p.node(ctx, p.asked, o)
}

func (p *play) Send(_ context.Context, b *record.Batch) error {
	for i := range b.Lines {
		p.lines = append(p.lines, string(b.Message(i)))
	}
	p.Pool.Put(b)
	return nil
}

func (p *play) CaughtUp() {}

// run returns when the Reader ends by itself, or after a minute.
func (p *play) run() (took time.Duration, ended bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	began := time.Now()
	p.Run(ctx)
	return time.Since(began), ctx.Err() == nil
}

// runToItsEnd fails unless the Reader ends by itself within limit.
func (p *play) runToItsEnd(limit time.Duration) {
	p.t.Helper()
	if took, ended := p.run(); !ended || took > limit {
		p.t.Errorf("ended by itself: %v, after %v; want an end within %v; events: %+v", ended, took, limit, p.events)
	}
}

// expectLines fails unless lines 1 to last came, once each and in order.
func (p *play) expectLines(last int) {
	p.t.Helper()
	var want []string
	for i := 1; i <= last; i++ {
		want = append(want, text(i))
	}
	if !slices.Equal(p.lines, want) {
		p.t.Errorf("got  %q\nwant %q\nevents: %+v", p.lines, want, p.events)
	}
}

func (p *play) told(kind EventKind) (events []Event) {
	for _, e := range p.events {
		if e.Kind == kind {
			events = append(events, e)
		}
	}
	return events
}

// expectGap fails unless exactly one gap was told, which begins after line last
// (0 where none was read).
func (p *play) expectGap(last int) {
	p.t.Helper()
	from := time.Time{}
	if last > 0 {
		from = at(last)
	}
	if gaps := p.told(Gap); len(gaps) != 1 || !gaps[0].From.Equal(from) {
		p.t.Errorf("gaps: %+v, want one from %v on", gaps, from)
	}
}

func (p *play) expectNoGap() {
	p.t.Helper()
	if gaps := p.told(Gap); len(gaps) > 0 {
		p.t.Errorf("nothing is missing, but told is %+v", gaps)
	}
}

// ended is an instance that has ended, for good.
func ended(id string) Snapshot {
	s := of(id)
	s.Ended, s.Final = true, true
	return s
}

// at is the time of line i: a day before synctest's clock begins, and several
// lines to each second, from which on kubelet is asked.
func at(i int) time.Time {
	return time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 300 * time.Millisecond)
}

func text(i int) string { return fmt.Sprintf("line %d", i) }

// written is a log that has lines from..to, as kubelet sends it from
// o.SinceTime on.
func written(o *corev1.PodLogOptions, from, to int) io.ReadCloser {
	var b strings.Builder
	for i := from; i <= to; i++ {
		if o.SinceTime == nil || !at(i).Before(o.SinceTime.Time) {
			fmt.Fprintf(&b, "%s %s\n", at(i).Format(time.RFC3339Nano), text(i))
		}
	}
	return io.NopCloser(strings.NewReader(b.String()))
}

var errReset = errors.New("connection reset by peer")

// cut is written whose connection is reset at the end.
func cut(o *corev1.PodLogOptions, from, to int) io.ReadCloser {
	return io.NopCloser(io.MultiReader(written(o, from, to), iotest.ErrReader(errReset)))
}

// silent is a stream from which nothing comes, not even its end.
func silent(ctx context.Context) io.ReadCloser { return io.NopCloser(silence{ctx}) }

type silence struct{ ctx context.Context }

func (s silence) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}
