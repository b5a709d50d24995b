//go:build unix

package fifo

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// tick is how often is looked for what no system call tells.
const tick = 10 * time.Millisecond

// alarm ends waits for descriptors. Go's own poller is not used: on macOS it
// does not take named pipes.
type alarm struct {
	r, w *os.File
	fd   int // of r
	rang atomic.Bool
	once sync.Once
}

func newAlarm() (*alarm, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &alarm{r: r, w: w, fd: int(r.Fd())}, nil
}

// ring ends all waits, for ever.
func (a *alarm) ring() {
	a.once.Do(func() {
		a.rang.Store(true)
		_ = a.w.Close() // which poll tells
	})
}

// close rings and gives the descriptors back; nobody may wait any more.
func (a *alarm) close() {
	a.ring()
	_ = a.r.Close()
}

// await waits until fd is ready for the events, the time is over or the alarm
// rings. It may return early. A time below zero is no limit.
func (a *alarm) await(fd int, events int16, limit time.Duration) {
	// poll(2) of macOS does not tell everything about named pipes.
	if runtime.GOOS != "linux" && (limit < 0 || limit > tick) {
		limit = tick
	}
	timeout := -1
	if limit >= 0 {
		timeout = int((limit + time.Millisecond - 1) / time.Millisecond)
	}
	_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: events}, {Fd: int32(a.fd), Events: unix.POLLIN}}, timeout)
}

// ready returns what of the events fd is ready for now, and its errors.
func ready(fd int, events int16) int16 {
	for {
		fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
		if _, err := unix.Poll(fds, 0); err != unix.EINTR {
			return fds[0].Revents
		}
	}
}
