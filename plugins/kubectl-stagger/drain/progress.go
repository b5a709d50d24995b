package drain

import (
	"math"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// progress is how far a pod's eviction has come.
type progress struct {
	Victim
	state    state
	evicted  bool      // the API has accepted it
	next     time.Time // when to ask, while waiting
	asked    time.Time // the last time; zero is never
	answered time.Time // when the API last declined
	declined int       // how often in a row, for the same reason
	failing  time.Time // since when the API fails; zero while it does not
	told     string    // of why it does not go, last
	hold     *Hold     // of the last answer
	err      error     // of the last answer, where it was no budget's

	until      time.Time // when it is to be gone, once its deletion has begun
	finalizers []string  // that keep it
}

// state says what a pod waits for.
type state int

const (
	waiting state = iota // to be asked for
	asking               // for the API's answer
	going                // to be gone
	gone                 // for nothing: it is gone, or not waited for any longer
)

// growth of pauses, and their limit as a multiple of the first.
const (
	growth   = 1.5
	maxPause = 6
)

// pause is how long to wait after having been declined n times in a row: base, then
// longer, with jitter, and not less than the API asks for.
func pause(base time.Duration, n int, atLeast time.Duration) time.Duration {
	grown := min(float64(base)*math.Pow(growth, float64(n)), float64(base)*maxPause)
	return max(atLeast, time.Duration(grown*(0.9+0.2*rand.Float64())))
}

// declines notes why the pod does not go, and when to ask again, and reports whether
// the reason is new.
func (p *progress) declines(why string, now time.Time, base time.Duration, err error) bool {
	news := p.told != why
	if p.declined++; news {
		p.told, p.declined = why, 0
	}
	after, _ := apierrors.SuggestsClientDelay(err)
	p.next = now.Add(pause(base, p.declined, time.Duration(after)*time.Second))
	return news
}
