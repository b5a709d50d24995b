//go:build unix

package fifo

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// watch sees readers come and leave while no Write is under way: before the
// first, so that it need not wait for a line to have the pipe opened; and
// after each, so that the next one begins with a line.
func (w *Writer) watch() {
	defer close(w.watched)
	for w.ctx.Err() == nil {
		w.mu.Lock()
		reader, err := w.look()
		fd := w.fd
		w.mu.Unlock()
		switch {
		case err != nil:
			return
		case reader && w.polls:
			w.alarm.await(fd, 0, -1) // for POLLERR, which needs no asking
		case reader:
			_ = w.pause(tick) // an end of ctx is met above
		default:
			w.pauseUnlessWritten()
		}
	}
}

// look does what is to do about readers now and reports whether there is one.
func (w *Writer) look() (reader bool, err error) {
	if w.closed || w.err != nil {
		return false, context.Canceled
	}
	if err := w.open(); errors.Is(err, unix.ENXIO) {
		return false, nil
	} else if err != nil {
		return false, w.fail(err)
	}
	if !w.alone() {
		return true, nil
	}
	if err := w.leftBehind(); err != nil {
		return false, err
	}
	if err := w.pipe.check(); err != nil {
		return false, w.fail(err)
	}
	return false, w.deliver()
}

// pauseUnlessWritten waits until it is time to look again: at once when there
// is something new that a reader could leave behind.
func (w *Writer) pauseUnlessWritten() {
	timer := time.NewTimer(tick)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.wrote:
	case <-w.ctx.Done():
	}
}
