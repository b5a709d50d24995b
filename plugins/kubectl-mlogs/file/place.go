package file

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/remotecommand"
)

// Execer runs commands in containers; *kube.Cluster is one.
type Execer interface {
	Exec(ctx context.Context, namespace, pod string, opts *corev1.PodExecOptions, streams remotecommand.StreamOptions) error
}

// Place is a container in which agents run. All readers of one container share it.
type Place struct {
	Exec                      Execer
	Namespace, Pod, Container string
	// Debug, where not nil, makes an ephemeral container that shares the process
	// namespace of this one, and returns its name. Agents run there when there is
	// no shell here.
	Debug func(ctx context.Context) (container string, err error)
	// Gate, where not nil, limits how many agents are being started at once.
	Gate chan struct{}

	mu    sync.Mutex
	shell []string // the one that worked
	aside string   // the ephemeral container
	left  string   // the instance that aside was left with
	files known

	moving sync.Mutex // held while Debug runs
}

// errNoShell: nothing in the container can run the agent.
var errNoShell = errors.New("there is no shell in the container")

// run runs an agent until it ends, the connection does, or handle fails, and
// returns why: nil only for an end in good order. Each shell is tried until one
// works.
func (p *Place) run(ctx context.Context, args []string, handle handler) error {
	tries := shells()
	p.mu.Lock()
	if p.shell != nil {
		tries = [][]string{p.shell}
	}
	p.mu.Unlock()
	for _, shell := range tries {
		ready, err := p.runWith(ctx, shell, args, handle)
		if ready {
			p.mu.Lock()
			p.shell = shell
			p.mu.Unlock()
		}
		if ready || !notFound(err) {
			return err
		}
	}
	return p.move(ctx)
}

// handler takes what an agent sends. The first error ends the agent.
type handler struct {
	note func(kind, rest string) error
	data func([]byte) error
}

func (p *Place) runWith(ctx context.Context, shell, args []string, handle handler) (ready bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	pass, err := p.pass(ctx)
	if err != nil {
		return false, err
	}
	defer pass()
	life := newLifeline()
	defer life.cut()
	out := &output{cancel: cancel, beat: time.Now()}
	mark := newMark()
	out.frames = newFrames(mark, func(kind, rest string) error {
		switch kind {
		case "ready":
			pass()
			out.ready = true
			return nil
		case "bare":
			return errBare
		case "bye":
			out.bye = true
			return nil
		}
		return handle.note(kind, rest)
	}, handle.data)
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		out.watch(ctx)
	}()
	err = p.Exec.Exec(ctx, p.Namespace, p.Pod, &corev1.PodExecOptions{Container: p.container(), Command: command(shell, mark, args)},
		remotecommand.StreamOptions{Stdin: life, Stdout: out, Stderr: &out.stderr})
	cause := context.Cause(ctx)
	cancel(nil)
	<-watching
	return out.close(err, cause)
}

// errBare: there is a shell, but not what the agent needs.
var errBare = errors.New("the container has a shell, but neither stat nor ls, or no dd or sleep")

// pass waits at the gate; the returned function may be called twice.
func (p *Place) pass(ctx context.Context) (leave func(), err error) {
	if p.Gate == nil {
		return func() {}, nil
	}
	select {
	case p.Gate <- struct{}{}:
		return sync.OnceFunc(func() { <-p.Gate }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

const (
	// silence is how long an agent may say nothing; it beats twice as often.
	silence = 90 * time.Second
	// maxWords is how much of a command's words on stderr is kept, in bytes.
	maxWords = 1 << 10
)

var errFrozen = errors.New("nothing comes from the container any more")

// output is an agent's stdout. Exec may go on writing after it has returned,
// when it was cancelled: then nothing is taken any more.
type output struct {
	cancel context.CancelCauseFunc
	stderr words

	mu     sync.Mutex
	frames *frames
	ready  bool
	bye    bool
	beat   time.Time
	closed bool
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return 0, io.ErrClosedPipe
	}
	if err := o.frames.take(p); err != nil {
		o.closed = true
		o.cancel(err) // a failed Write alone does not end an exec
		return 0, err
	}
	o.beat = time.Now()
	return len(p), nil
}

// watch ends an agent from which nothing comes. While a write is being handled
// the lock is held, so that the silence is not the agent's.
func (o *output) watch(ctx context.Context) {
	ticker := time.NewTicker(silence / 9)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		o.mu.Lock()
		frozen := time.Since(o.beat) > silence
		o.mu.Unlock()
		if frozen {
			o.cancel(errFrozen)
			return
		}
	}
}

// close says how it ended: by the handler's error, by the cause for which the
// context ended, or by what Exec says.
func (o *output) close(err, cause error) (ready bool, _ error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	switch {
	case cause != nil:
		return o.ready, cause
	case o.bye:
		return o.ready, nil
	case err == nil:
		return o.ready, errCut
	}
	return o.ready, &execError{err, o.stderr.String()}
}

// errCut: the connection ended in good order, but the agent had not.
var errCut = errors.New("the stream ended")

// execError is an exec's error with what the command said.
type execError struct {
	err    error
	stderr string
}

func (e *execError) Error() string {
	if e.stderr == "" {
		return e.err.Error()
	}
	return e.err.Error() + ": " + e.stderr
}

func (e *execError) Unwrap() error { return e.err }

// notFound reports whether an error says that there is no such command: the
// words are those of runc, crun and the runtimes before them.
func notFound(err error) bool {
	var failed *execError
	if !errors.As(err, &failed) {
		return false
	}
	text := strings.ToLower(failed.Error())
	return strings.Contains(text, "executable file") && strings.Contains(text, "not found") ||
		strings.Contains(text, "no such file or directory") || strings.Contains(text, "exit code 127")
}

// words are the first bytes of a stream.
type words struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.b.Write(p[:min(len(p), maxWords-w.b.Len())])
	return len(p), nil
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.TrimSpace(w.b.String())
}
