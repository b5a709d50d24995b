package file

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/remotecommand"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// local is an Execer whose containers are a folder of this machine.
type local struct {
	dir string

	mu             sync.Mutex
	begun, running int
	// cutAfter breaks the stream that sends this text, once.
	cutAfter string
}

// cuts reports whether what is sent is to be followed by a break.
func (l *local) cuts(p []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cutAfter == "" || !bytes.Contains(p, []byte(l.cutAfter)) {
		return false
	}
	l.cutAfter = ""
	return true
}

func (l *local) count(begun, running int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun += begun
	l.running += running
}

func (l *local) counts() (begun, running int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.begun, l.running
}

// Exec returns at once when ctx ends, as client-go does; the process ends by the
// end of its stdin.
func (l *local) Exec(ctx context.Context, _, _ string, opts *corev1.PodExecOptions, streams remotecommand.StreamOptions) error {
	cmd := exec.Command("dash", opts.Command[1:]...)
	cut := make(chan struct{})
	stdout := writer(func(p []byte) (int, error) {
		n, err := streams.Stdout.Write(p)
		if l.cuts(p) {
			close(cut)
			return 0, io.ErrClosedPipe
		}
		return n, err
	})
	cmd.Dir, cmd.Stdout, cmd.Stderr = l.dir, stdout, streams.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	l.count(1, 1)
	go func() {
		_, _ = io.Copy(stdin, streams.Stdin)
		stdin.Close()
	}()
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
		l.count(0, -1)
	}()
	select {
	case err := <-ended:
		return err
	case <-cut:
		stdin.Close()
		return io.ErrUnexpectedEOF
	case <-ctx.Done():
		stdin.Close()
		return ctx.Err()
	}
}

// sink takes lines while it is open.
type sink struct {
	mu    sync.Mutex
	open  chan struct{} // closed while it is
	taken bytes.Buffer
}

func newSink() *sink {
	s := &sink{}
	s.shut(false)
	return s
}

func (s *sink) shut(shut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if shut {
		s.open = make(chan struct{})
	} else if s.open == nil {
		s.open = make(chan struct{})
		close(s.open)
	} else {
		close(s.open)
	}
}

func (s *sink) Send(ctx context.Context, b *record.Batch) error {
	s.mu.Lock()
	open := s.open
	s.mu.Unlock()
	select {
	case <-open:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range b.Lines {
		s.taken.Write(b.Message(i))
		s.taken.WriteByte('\n')
	}
	return nil
}

func (s *sink) CaughtUp() {}

func (s *sink) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken.String()
}

// bench is a Reader of a file app.log.
type bench struct {
	*Reader
	t    *testing.T
	path string
	sink *sink
	exec *local
	last int
	done chan struct{}
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, sink: newSink(), exec: &local{dir: t.TempDir()}, done: make(chan struct{})}
	b.path = filepath.Join(b.exec.dir, "app.log")
	b.Reader = &Reader{
		Options: source.Options{Follow: true, Tail: -1, MaxLine: 1 << 20}, Path: "app.log", Place: &Place{Exec: b.exec},
		Origin: &record.Origin{}, State: source.NewState(source.Snapshot{Container: kube.Container{ID: "1"}}), Sink: b.sink, Pool: &record.Pool{},
		Report: func(e source.Event) {
			if e.Kind == source.Gap && e.Text != endOfContainer {
				t.Errorf("a gap was told: %s", e.Text)
			}
		},
		Refresh: func(context.Context) {}, Stall: 300 * time.Millisecond,
	}
	return b
}

func (b *bench) run() {
	ctx, cancel := context.WithCancel(b.t.Context())
	go func() {
		defer close(b.done)
		b.Run(ctx)
	}()
	b.t.Cleanup(func() {
		cancel()
		<-b.done
		b.until("the end of all processes", func() bool { _, running := b.exec.counts(); return running == 0 })
	})
}

func (b *bench) write(n int) {
	b.t.Helper()
	var text strings.Builder
	for range n {
		b.last++
		fmt.Fprintf(&text, "line %06d\n", b.last)
	}
	write(b.t, b.path, text.String())
}

func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("never came: %s", what)
		}
	}
}

// takesAll waits for the last line, and checks that all came once.
func (b *bench) takesAll() {
	b.t.Helper()
	b.until("the last line", func() bool { return strings.HasSuffix(b.sink.text(), fmt.Sprintf("line %06d\n", b.last)) })
	var want strings.Builder
	for i := range b.last {
		fmt.Fprintf(&want, "line %06d\n", i+1)
	}
	if got := b.sink.text(); got != want.String() {
		b.t.Errorf("%d bytes were taken, want %d", len(got), want.Len())
	}
}
