package rules

import (
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// renewalState is how a renewal stands.
type renewalState int

const (
	renewalFine renewalState = iota
	// renewalDue: it is time, and not late yet.
	renewalDue
	// renewalOverdue: it should have happened.
	renewalOverdue
	// renewalCritical: there is not much time left.
	renewalCritical
)

// renewalDuty is what is known of the renewal of a certificate.
type renewalDuty struct {
	material.Lifetime
	// at is when it is due; zero: nothing is known to renew it.
	at time.Time
	// issuing is since when an issuance has been going on; zero is none.
	issuing time.Time
	// backoff is how long the issuer waits between the last failure and the next try; 0
	// is that nothing has failed.
	backoff time.Duration
	// windows says that it may be put off until a window opens, which at does not reckon.
	windows bool
	// guessed says that at is only what cert-manager does by default.
	guessed bool
}

const day24 = 24 * time.Hour

// grace is how long a renewal may take: an hour, for long lifetimes 2 % of them.
func (d *renewalDuty) grace() time.Duration { return max(time.Hour, d.Length()/50) }

// state judges the renewal as of now. Every limit is a part of the lifetime: a number of
// days that suits 90 would always be over for 45, or for 160 hours.
func (d *renewalDuty) state(now time.Time) renewalState {
	left := d.Left(now)
	if d.at.IsZero() {
		return d.stateAlone(left)
	}
	// While the next try may come after the end there is no time to wait for it.
	if d.backoff > 0 && left < 2*d.backoff {
		return renewalCritical
	}
	late := now.Sub(d.at)
	switch {
	case late < 0:
		return renewalFine
	case d.guessed && late > d.grace():
		return max(renewalOverdue, d.stateAlone(left))
	case late > d.NotAfter.Sub(d.at)/10*3, left < day24 && d.Length() > 7*day24:
		return renewalCritical
	case late <= d.grace(), d.windows, !d.issuing.IsZero() && now.Sub(d.issuing) <= d.grace():
		return renewalDue
	}
	return renewalOverdue
}

// stateAlone judges a certificate that somebody has to renew by hand.
func (d *renewalDuty) stateAlone(left time.Duration) renewalState {
	switch {
	case left < min(day24, d.Length()/10):
		return renewalCritical
	case left < min(30*day24, d.Length()/3):
		return renewalOverdue
	}
	return renewalFine
}
