package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// progress tells on stderr what is being done, with the seconds since the start, and says so again when a step takes long.
type progress struct {
	out   io.Writer
	start time.Time

	mu     sync.Mutex
	step   string
	detail string
	last   time.Time
}

// heartbeat is the longest silence while something is being done.
const heartbeat = 10 * time.Second

func newProgress(out io.Writer) *progress {
	now := time.Now()
	return &progress{out: out, start: now, last: now}
}

// printf says what is being done now.
func (p *progress) printf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.step, p.detail = fmt.Sprintf(format, args...), ""
	p.print(p.step)
}

func (p *progress) print(text string) {
	p.last = time.Now()
	fmt.Fprintf(p.out, "[%4.0fs] %s\n", p.last.Sub(p.start).Seconds(), text)
}

// note keeps what a long step is at just now. It is shown only when the step takes long.
func (p *progress) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.detail = fmt.Sprintf(format, args...)
}

// watch repeats the current step and the latest note whenever nothing was said for a while. It returns the function that ends this.
func (p *progress) watch() (stop func()) {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			p.mu.Lock()
			if time.Since(p.last) >= heartbeat {
				p.print(strings.TrimSuffix("still "+p.step+": "+p.detail, ": "))
			}
			p.mu.Unlock()
		}
	}()
	return sync.OnceFunc(func() { close(done) })
}
