package material

import (
	"testing"
	"time"
)

func TestRenewal(t *testing.T) {
	const hour = time.Hour
	// Let's Encrypt's last second belongs to the lifetime: one second less.
	le := func(d time.Duration) time.Duration { return d - time.Second }
	for name, c := range map[string]struct {
		lifetime time.Duration
		spec     RenewalSpec
		at       time.Duration // from NotBefore
		basis    Basis
		ignored  bool
		endless  bool
	}{
		"90 days":   {90 * day, RenewalSpec{}, 60 * day, ByThird, false, false},
		"64 days":   {64 * day, RenewalSpec{}, 42*day + 16*hour, ByThird, false, false},
		"45 days":   {45 * day, RenewalSpec{}, 30 * day, ByThird, false, false},
		"160 hours": {160 * hour, RenewalSpec{}, 106*hour + 40*time.Minute, ByThird, false, false},
		// 7775999 s, a third is 2591999.67 s: 5183999.33 s from the start, in whole seconds.
		"90 days of Let's Encrypt": {le(90 * day), RenewalSpec{}, 5183999 * time.Second, ByThird, false, false},
		"160 hours of theirs":      {le(160 * hour), RenewalSpec{}, 383999 * time.Second, ByThird, false, false},

		"renewBefore":              {90 * day, RenewalSpec{RenewBefore: 15 * day}, 75 * day, ByRenewBefore, false, false},
		"too long":                 {160 * hour, RenewalSpec{RenewBefore: 30 * day}, 106*hour + 40*time.Minute, ByThird, true, false},
		"as long as the lifetime":  {45 * day, RenewalSpec{RenewBefore: 45 * day}, 30 * day, ByThird, true, false},
		"a second shorter":         {45 * day, RenewalSpec{RenewBefore: 45*day - time.Second}, time.Second, ByRenewBefore, false, false},
		"percentage":               {90 * day, RenewalSpec{Percentage: 20}, 72 * day, ByPercentage, false, false},
		"percentage of 160 h":      {160 * hour, RenewalSpec{Percentage: 50}, 80 * hour, ByPercentage, false, false},
		"percentage of 64 days":    {64 * day, RenewalSpec{Percentage: 25}, 48 * day, ByPercentage, false, false},
		"33 % of theirs":           {le(90 * day), RenewalSpec{Percentage: 33}, 5209919 * time.Second, ByPercentage, false, false}, // 5209919.33 s
		"percentage of 100":        {90 * day, RenewalSpec{Percentage: 100}, 60 * day, ByThird, true, false},
		"both":                     {90 * day, RenewalSpec{RenewBefore: 10 * day, Percentage: 50}, 80 * day, ByRenewBefore, true, false},
		"both, the first too long": {45 * day, RenewalSpec{RenewBefore: 60 * day, Percentage: 20}, 36 * day, ByPercentage, true, false},
		"negative":                 {90 * day, RenewalSpec{RenewBefore: -day}, 60 * day, ByThird, false, false},

		"v1.3, 90 days":     {90 * day, RenewalSpec{Rule: RenewAtThirtyDays}, 60 * day, ByDefault, false, false},
		"v1.3, a year":      {360 * day, RenewalSpec{Rule: RenewAtThirtyDays}, 330 * day, ByDefault, false, false},
		"v1.3, 45 days":     {45 * day, RenewalSpec{Rule: RenewAtThirtyDays}, 15 * day, ByDefault, false, false},
		"v1.3, 30 days":     {30 * day, RenewalSpec{Rule: RenewAtThirtyDays}, 20 * day, ByThird, false, false},
		"v1.3, 160 hours":   {160 * hour, RenewalSpec{Rule: RenewAtThirtyDays}, 106*hour + 40*time.Minute, ByThird, false, false},
		"v1.3, its flag":    {90 * day, RenewalSpec{Rule: RenewAtThirtyDays, Default: 10 * day}, 80 * day, ByDefault, false, false},
		"v1.3, renewBefore": {90 * day, RenewalSpec{Rule: RenewAtThirtyDays, RenewBefore: 5 * day}, 85 * day, ByRenewBefore, false, false},
		"v1.1, 30 days":     {30 * day, RenewalSpec{Rule: RenewAtThirtyDaysLoose}, 0, ByDefault, false, true},
		"v1.1, 29 days":     {29*day + 23*hour, RenewalSpec{Rule: RenewAtThirtyDaysLoose}, (29*day + 23*hour) / 3 * 2, ByThird, false, false},
		"v1.1, too long":    {30 * day, RenewalSpec{Rule: RenewAtThirtyDaysLoose, RenewBefore: 40 * day}, 20 * day, ByThird, true, false},
		"v0.3, 90 days":     {90 * day, RenewalSpec{Rule: RenewFixed}, 60 * day, ByDefault, false, false},
		"v0.3, 45 days":     {45 * day, RenewalSpec{Rule: RenewFixed}, 15 * day, ByDefault, false, false},
		"v0.3, 160 hours":   {160 * hour, RenewalSpec{Rule: RenewFixed}, 160*hour - 30*day, ByDefault, false, true},
		"v0.3, renewBefore": {90 * day, RenewalSpec{Rule: RenewFixed, RenewBefore: 5 * day}, 60 * day, ByDefault, true, false},
		"290 years":         {290 * 365 * day, RenewalSpec{Percentage: 50}, 145 * 365 * day, ByPercentage, false, false},
	} {
		l := Lifetime{NotBefore: day0, NotAfter: day0.Add(c.lifetime)}
		want := Renewal{At: day0.Add(c.at), Basis: c.basis, Ignored: c.ignored, Endless: c.endless}
		if got := l.Renewal(c.spec); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestRenewalRuleOf(t *testing.T) {
	for version, want := range map[[2]int]RenewalRule{
		{0, 3}: RenewFixed, {0, 5}: RenewFixed, {0, 6}: RenewAtThirtyDaysLoose, {0, 16}: RenewAtThirtyDaysLoose, {1, 0}: RenewAtThirtyDaysLoose,
		{1, 1}: RenewAtThirtyDaysLoose, {1, 2}: RenewAtThirtyDays, {1, 3}: RenewAtThirtyDays, {1, 4}: RenewAtThird, {1, 21}: RenewAtThird, {2, 0}: RenewAtThird,
	} {
		if got := RenewalRuleOf(version[0], version[1]); got != want {
			t.Errorf("v%d.%d: %d, want %d", version[0], version[1], got, want)
		}
	}
}
