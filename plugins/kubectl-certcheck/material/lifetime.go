package material

import "time"

// Lifetime is from when to when a certificate is valid, both ends included (RFC
// 5280, 4.1.2.5).
type Lifetime struct {
	NotBefore, NotAfter time.Time
}

// State is whether a certificate is valid at a time.
type State string

const (
	Valid       State = "valid"
	NotYetValid State = "not yet valid"
	Expired     State = "expired"
)

// State returns the state at now.
func (l Lifetime) State(now time.Time) State {
	switch {
	case now.Before(l.NotBefore):
		return NotYetValid
	case now.After(l.NotAfter):
		return Expired
	}
	return Valid
}

// Length is NotAfter - NotBefore, as cert-manager reckons it; at most 292 years.
// Let's Encrypt's 90 days are one second shorter, as their last second is included.
func (l Lifetime) Length() time.Duration { return l.NotAfter.Sub(l.NotBefore) }

// Left is how long it is from now to NotAfter, less than 0 when it is over.
func (l Lifetime) Left(now time.Time) time.Duration { return l.NotAfter.Sub(now) }
