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

// failures counts the streams in a row that brought nothing, and paces the next.
type failures struct {
	inRow int
	told  bool // Retrying was reported
}

// progress forgets the failures.
func (f *failures) progress() { f.inRow = 0 }

// pause is how long to wait before the next attempt: nearly nothing after
// progress, then doubling with jitter, so that a thousand sources do not come
// back in the same instant.
func (f *failures) pause() time.Duration {
	if f.inRow == 0 {
		f.inRow++
		return atOnce
	}
	pause := min(firstPause<<min(f.inRow-1, 10), longPause)
	f.inRow++
	return pause/2 + rand.N(pause/2+1)
}
