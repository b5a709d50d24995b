package source

import (
	"context"
	"time"
)

// Slots limits how many streams are open at once; nil does not.
type Slots chan struct{}

// Take waits for a slot; ok is false when ctx ends first. queued is called when
// there is none at once.
func (s Slots) Take(ctx context.Context, queued func()) (release func(), ok bool) {
	if s == nil {
		return func() {}, true
	}
	release = func() { <-s }
	select {
	case s <- struct{}{}:
		return release, true
	default:
	}
	queued()
	select {
	case s <- struct{}{}:
		return release, true
	case <-ctx.Done():
		return nil, false
	}
}

// Wait returns at the next change of a State, after pause (0 for none), or when
// ctx ends.
func Wait(ctx context.Context, changed <-chan struct{}, pause time.Duration) {
	var timeout <-chan time.Time
	if pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-ctx.Done():
	case <-changed:
	case <-timeout:
	}
}
