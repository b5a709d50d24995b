//go:build unix

package fifo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Writer writes lines into a pipe for whoever reads it. It is for one
// goroutine at a time. It holds in memory up to twice what the pipe can hold
// (usually 64 KiB), and the longest line.
type Writer struct {
	pipe   *Pipe
	policy Policy
	ctx    context.Context
	cancel context.CancelFunc
	alarm  *alarm // rings when ctx ends
	// polls: the system tells when the reader leaves; else it must be looked for.
	polls   bool
	wrote   chan struct{} // for the watcher, which may be pausing
	watched chan struct{} // closed when the watcher has ended
	gone    chan struct{} // closed when err is set

	mu     sync.Mutex // held while lines are delivered
	fd     int        // below zero before the first reader
	kept   kept
	turns  atomic.Int64 // how many readers have been seen to leave
	err    error        // why no line can be delivered any more
	closed bool
}

// Writer returns a Writer for the lines that other programs are to read. ctx
// ends every wait, with context.Cause. Close it in the end.
func (p *Pipe) Writer(ctx context.Context, policy Policy) *Writer {
	w := &Writer{
		pipe:    p,
		policy:  policy,
		polls:   runtime.GOOS == "linux",
		wrote:   make(chan struct{}, 1),
		watched: make(chan struct{}),
		gone:    make(chan struct{}),
		fd:      -1,
	}
	w.start(ctx)
	return w
}

func (w *Writer) start(ctx context.Context) {
	w.ctx, w.cancel = context.WithCancel(ctx)
	bell, err := newAlarm()
	if err != nil {
		w.cancel()
		_ = w.fail(err)
		close(w.watched)
		return
	}
	w.alarm = bell
	context.AfterFunc(w.ctx, bell.ring)
	go w.watch()
}

// Gone is closed when no line can be delivered any more, and Err says why. It
// needs no Write to notice.
func (w *Writer) Gone() <-chan struct{} { return w.gone }

// Err is why no line can be delivered any more: ErrReaderGone, or what happened
// to the pipe. It is nil before Gone is closed.
func (w *Writer) Err() error {
	select {
	case <-w.gone:
		return w.err
	default:
		return nil
	}
}

func (w *Writer) fail(err error) error {
	if w.err == nil {
		w.err = err
		close(w.gone)
	}
	return w.err
}

// Write writes whole lines, of any length. It waits for a reader, for a slow
// reader, and with the policy Wait for the next one. It returns when everything
// is in the pipe; the rest of its care is for Close, for later calls and for
// what happens between them. After an error, n tells how much of p the Writer
// has taken over: what comes next must go on from there.
func (w *Writer) Write(p []byte) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return 0, os.ErrClosed
	}
	for {
		if err := w.deliver(); err != nil {
			return n, err
		}
		if w.fd >= 0 {
			w.kept.trim(capacity(w.fd))
		}
		if n == len(p) {
			return n, nil
		}
		n += w.kept.add(p[n:])
	}
}

// deliver writes what was not written yet. It waits for readers and for room.
func (w *Writer) deliver() error {
	for w.err == nil && len(w.kept.next()) > 0 {
		err := w.writeOnce()
		switch {
		case err == nil || errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			if w.ctx.Err() != nil {
				return context.Cause(w.ctx)
			}
			w.alarm.await(w.fd, unix.POLLOUT, -1)
		case errors.Is(err, unix.ENXIO):
			if err := w.pause(tick); err != nil {
				return err
			}
		case errors.Is(err, unix.EPIPE):
			if err := w.nextReader(); err != nil {
				return err
			}
		default:
			return w.fail(fmt.Errorf("cannot write to the named pipe %s: %w", w.pipe.path, err))
		}
	}
	return w.err
}

// writeOnce opens the pipe if need be, which fails with ENXIO while there is no
// reader, and writes as much as one call takes.
func (w *Writer) writeOnce() error {
	if err := w.open(); err != nil {
		return err
	}
	n, err := unix.Write(w.fd, w.kept.next())
	if n > 0 {
		w.kept.sent += n
		select {
		case w.wrote <- struct{}{}:
		default:
		}
	}
	return err
}

// open opens the pipe unless it is open. It stays open: without a writer, the
// kernel forgets what is unread.
func (w *Writer) open() error {
	if w.fd >= 0 {
		return nil
	}
	fd, err := w.pipe.open(unix.O_WRONLY)
	if err == nil {
		w.fd = fd
	}
	return err
}

// nextReader deals with the leaving of the reader and waits for the next one.
func (w *Writer) nextReader() error {
	if err := w.leftBehind(); err != nil {
		return err
	}
	for w.alone() {
		if err := w.pipe.check(); err != nil {
			return w.fail(err)
		}
		if err := w.pause(tick); err != nil {
			return err
		}
	}
	return nil
}

// leftBehind finds out what the reader that has left did not take: that is to
// be written again.
func (w *Writer) leftBehind() error {
	if w.kept.sent == 0 && w.policy != Stop {
		return nil // nothing was written since that was last found out
	}
	unread, err := w.pipe.drain(capacity(w.fd))
	if err == nil {
		w.kept.rewind(unread)
	} else {
		w.kept.sent = 0 // nobody knows
	}
	w.turns.Add(1)
	switch {
	case w.policy == Stop:
		return w.fail(ErrReaderGone)
	case err != nil:
		return w.fail(err)
	}
	return nil
}

// drain takes what is unread out of the pipe, in one read: that cannot be mixed
// with the reads of others.
func (p *Pipe) drain(capacity int) ([]byte, error) {
	fd, err := p.open(unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	unread := make([]byte, capacity)
	for {
		switch n, err := unix.Read(fd, unread); {
		case err == nil:
			return unread[:n], nil
		case err == unix.EAGAIN:
			return nil, nil
		case err != unix.EINTR:
			return nil, &os.PathError{Op: "read", Path: p.path, Err: err}
		}
	}
}

// alone reports that the pipe, which is open for writing, has no reader.
func (w *Writer) alone() bool {
	if w.polls {
		return ready(w.fd, 0)&unix.POLLERR != 0
	}
	return !w.pipe.hasReader()
}

// pause waits for a while, or for the end of ctx.
func (w *Writer) pause(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-w.ctx.Done():
		return context.Cause(w.ctx)
	}
}
