//go:build unix

package fifo

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a line may stay unfinished before it is told.
const patience = time.Second

// Listen opens the pipe to read what other programs write into it. Its end is
// never met, however many writers come and go: a Read waits for bytes until
// Close, after which it returns io.EOF. When a writer has left a line
// unfinished and nothing came for a second, a newline is read. Listen fails
// when another process listens to the same pipe.
//
// The reader is for one goroutine; Close may be called from any, and more than
// once. What has not been read by then is lost.
func (p *Pipe) Listen() (io.ReadCloser, error) {
	// macOS has no locks for named pipes; there, whoever reads is in the way.
	if runtime.GOOS == "darwin" && p.hasReader() {
		return nil, p.inUse()
	}
	fd, err := p.open(unix.O_RDWR) // as its own writer it never meets the end
	if err != nil {
		return nil, err
	}
	switch err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); {
	case err == nil || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.EOPNOTSUPP):
	case errors.Is(err, unix.EWOULDBLOCK):
		_ = unix.Close(fd)
		return nil, p.inUse()
	default:
		_ = unix.Close(fd)
		return nil, fmt.Errorf("cannot lock the named pipe %s: %w", p.path, err)
	}
	bell, err := newAlarm()
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return &listener{path: p.path, fd: fd, alarm: bell, patience: patience}, nil
}

func (p *Pipe) inUse() error {
	return fmt.Errorf("the named pipe %s is in use by another process: give another path, or end that process", p.path)
}

// hasReader reports whether any process has the pipe open for reading.
func (p *Pipe) hasReader() bool {
	fd, err := p.open(unix.O_WRONLY)
	if err != nil {
		return !errors.Is(err, unix.ENXIO)
	}
	_ = unix.Close(fd)
	return true
}

// listener is what Listen returns.
type listener struct {
	path     string
	alarm    *alarm // rings for Close
	patience time.Duration

	mu         sync.Mutex // held by a Read, and to close
	fd         int
	closed     bool
	unfinished bool      // the last byte that was read does not end a line
	last       time.Time // when it was read
}

// Read returns what is in the pipe, and waits when there is nothing.
func (l *listener) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.alarm.rang.Load() {
		n, err := unix.Read(l.fd, p)
		switch {
		case n > 0:
			l.unfinished, l.last = p[n-1] != '\n', time.Now()
			return n, nil
		case err == nil:
			return 0, io.EOF
		case err == unix.EINTR:
			continue
		case err != unix.EAGAIN:
			return 0, fmt.Errorf("cannot read from the named pipe %s: %w", l.path, err)
		}
		limit := time.Duration(-1)
		if l.unfinished {
			if limit = l.patience - time.Since(l.last); limit <= 0 {
				l.unfinished = false
				p[0] = '\n'
				return 1, nil
			}
		}
		l.alarm.await(l.fd, unix.POLLIN, limit)
	}
	return 0, io.EOF
}

// Close ends a Read that waits, and lets others listen to the pipe.
func (l *listener) Close() error {
	l.alarm.ring()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	l.alarm.close()
	return unix.Close(l.fd)
}
