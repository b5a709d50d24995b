package source

import (
	"math/rand/v2"
	"time"
)

const (
	firstPause = 250 * time.Millisecond
	longPause  = 10 * time.Second
	// atOnce is the pause after a stream that had brought something.
	atOnce = 10 * time.Millisecond
	// longLife is how long a stream must live to be no failure, even if it
	// brought nothing: quiet streams are cut by proxies.
	longLife = 30 * time.Second
)

// Backoff counts the streams in a row that brought nothing, and paces the next.
type Backoff struct {
	// InRow is how many they are.
	InRow int
}

// Progress forgets the failures.
func (b *Backoff) Progress() { b.InRow = 0 }

// Pause is how long to wait before the next attempt: nearly nothing after
// progress, then doubling with jitter, so that a thousand sources do not come
// back in the same instant.
func (b *Backoff) Pause() time.Duration {
	if b.InRow == 0 {
		b.InRow++
		return atOnce
	}
	pause := min(firstPause<<min(b.InRow-1, 10), longPause)
	b.InRow++
	return pause/2 + rand.N(pause/2+1)
}
