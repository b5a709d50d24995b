//go:build unix

package fifo

import (
	"time"

	"golang.org/x/sys/unix"
)

// closeTick is how often Close looks whether everything has been taken.
const closeTick = 2 * time.Millisecond

// Close waits until the reader has taken everything, or has left, which is as
// in Write. Then the reader meets the end. The error says why something was not
// taken; when ctx has ended, a reader that is still there gets it all the same.
// The pipe itself stays: see Pipe.Remove.
func (w *Writer) Close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	err := w.finish()
	w.closed = true
	w.mu.Unlock()
	w.cancel()
	if w.alarm != nil {
		w.alarm.ring()
	}
	<-w.watched
	if w.alarm != nil {
		w.alarm.close()
	}
	if w.fd >= 0 {
		_ = unix.Close(w.fd)
	}
	return err
}

// finish waits until nothing is left to be taken.
func (w *Writer) finish() error {
	_ = w.open() // a reader that waits for a writer is to meet the end, too
	for {
		if err := w.deliver(); err != nil {
			if len(w.kept.next()) == 0 {
				return nil
			}
			return err
		}
		switch {
		case w.kept.sent == 0:
			return nil
		case w.alone():
			_ = w.leftBehind() // deliver tells its error
			continue
		case w.pipe.isEmpty():
			return nil
		}
		if err := w.pause(closeTick); err != nil {
			return err
		}
	}
}

// isEmpty reports whether nothing is unread, as far as can be known.
func (p *Pipe) isEmpty() bool {
	fd, err := p.open(unix.O_RDONLY)
	if err != nil { // the path is gone: the reader gets the rest, and there is no next one
		return true
	}
	defer unix.Close(fd)
	return ready(fd, unix.POLLIN)&unix.POLLIN == 0
}
