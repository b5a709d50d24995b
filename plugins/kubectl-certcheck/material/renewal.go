package material

import "time"

// RenewalRule is how a version of cert-manager reckons when to renew. The zero
// value is that of today.
type RenewalRule int

const (
	// RenewAtThird, from v1.4: renewBefore if it is shorter than the lifetime, else
	// renewBeforePercentage (from v1.16), else a third of the lifetime before its
	// end (pkg/util/pki/renewaltime.go of v1.21).
	RenewAtThird RenewalRule = iota
	// RenewAtThirtyDays, v1.2 and v1.3: renewBefore, or 30 days; a third of the
	// lifetime if that is not shorter than the lifetime
	// (pkg/controller/certificates/util.go of v1.2).
	RenewAtThirtyDays
	// RenewAtThirtyDaysLoose, v0.6 to v1.1: the same, but what is as long as the
	// lifetime is taken as it is, and such a certificate is renewed without end
	// (cert-manager#3396; pkg/controller/certificates/util.go of v1.1).
	RenewAtThirtyDaysLoose
	// RenewFixed, up to v0.5: 30 days before the end, however short the lifetime
	// (pkg/controller/certificates/sync.go of v0.5).
	RenewFixed
)

// RenewalRuleOf returns the rule of a version of cert-manager, as of 1, 21.
func RenewalRuleOf(major, minor int) RenewalRule {
	switch {
	case major > 1 || major == 1 && minor >= 4:
		return RenewAtThird
	case major == 1 && minor >= 2:
		return RenewAtThirtyDays
	case major == 1 || minor >= 6:
		return RenewAtThirtyDaysLoose
	}
	return RenewFixed
}

const thirtyDays = 30 * 24 * time.Hour

// RenewalSpec is what a Certificate and the controller say of renewal.
type RenewalSpec struct {
	Rule RenewalRule
	// RenewBefore is spec.renewBefore; 0 is not set.
	RenewBefore time.Duration
	// Percentage is spec.renewBeforePercentage, of the lifetime; 0 is not set.
	Percentage int
	// Default is the flag --renew-before-expiry-duration, which v0.5 to v1.3 have;
	// 0 is its default, 30 days.
	Default time.Duration
}

// Basis is what a time of renewal rests on.
type Basis string

const (
	ByRenewBefore Basis = "renewBefore"
	ByPercentage  Basis = "renewBeforePercentage"
	ByThird       Basis = "a third of the lifetime"
	ByDefault     Basis = "--renew-before-expiry-duration"
)

// Renewal is when cert-manager renews a certificate, if nothing else makes it: no
// renewal window, no policy Disabled, no renewal information of the CA (ARI).
// Where status.renewalTime is set, that one counts.
type Renewal struct {
	At    time.Time
	Basis Basis
	// Ignored says that renewBefore or renewBeforePercentage is set, but is of no
	// use with the lifetime that the CA gave, and something else counts.
	Ignored bool
	// Endless says that a new certificate is due as soon as it is there, so that it
	// is renewed at every sync, until the CA's rate limit stops that.
	Endless bool
}

// Renewal returns when a certificate of this lifetime is renewed.
func (l Lifetime) Renewal(spec RenewalSpec) Renewal {
	before, basis := spec.before(l.Length())
	r := Renewal{
		// Whole seconds, as cert-manager has it since status.renewalTime has no more.
		At:    l.NotAfter.Add(-before).Truncate(time.Second),
		Basis: basis,
	}
	r.Ignored = spec.RenewBefore > 0 && basis != ByRenewBefore || spec.Percentage > 0 && basis != ByPercentage
	r.Endless = !r.At.After(l.NotBefore)
	return r
}

// before says how long before the end of a lifetime of some length.
func (s RenewalSpec) before(length time.Duration) (time.Duration, Basis) {
	wanted, basis := s.Default, ByDefault
	if wanted <= 0 {
		wanted = thirtyDays
	}
	if s.RenewBefore > 0 && s.Rule != RenewFixed {
		wanted, basis = s.RenewBefore, ByRenewBefore
	}
	switch s.Rule {
	case RenewFixed:
		return wanted, basis
	case RenewAtThirtyDaysLoose:
		if wanted <= length {
			return wanted, basis
		}
	case RenewAtThirtyDays:
		if wanted < length {
			return wanted, basis
		}
	default:
		if basis == ByRenewBefore && wanted < length {
			return wanted, basis
		}
		if 0 < s.Percentage && s.Percentage < 100 {
			return length / 100 * time.Duration(s.Percentage), ByPercentage // exact: lifetimes are whole seconds
		}
	}
	return length / 3, ByThird
}
