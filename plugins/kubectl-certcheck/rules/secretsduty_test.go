package rules

import (
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// TestRenewalDuty: the states of certificates of all lifetimes that Let's Encrypt has or
// will have, renewed after two thirds. Each is good until then, and no later.
func TestRenewalDuty(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	for _, tt := range []struct {
		name   string
		length time.Duration
		// how long after the beginning each state begins
		due, overdue, critical time.Duration
	}{
		// due at 2/3; 2 % of grace, an hour at least; critical at 30 % of the last third
		{"six days", 160 * hour, 106*hour + 40*time.Minute, 109*hour + 52*time.Minute, 122*hour + 40*time.Minute},
		{"45 days", 45 * day24, 30 * day24, 30*day24 + 21*hour + 36*time.Minute, 34*day24 + 12*hour},
		{"64 days", 64 * day24, 42*day24 + 16*hour, 43*day24 + 22*hour + 43*time.Minute + 12*time.Second, 49*day24 + 1*hour + 36*time.Minute},
		{"90 days", 90 * day24, 60 * day24, 61*day24 + 19*hour + 12*time.Minute, 69 * day24},
		{"a day", 24 * hour, 16 * hour, 17 * hour, 18*hour + 24*time.Minute},
	} {
		life := material.Lifetime{NotBefore: noon, NotAfter: noon.Add(tt.length)}
		d := renewalDuty{Lifetime: life, at: life.Renewal(material.RenewalSpec{}).At}
		for age := time.Duration(0); age < tt.length; age += tt.length / 720 {
			want := renewalFine
			switch {
			case age > tt.critical:
				want = renewalCritical
			case age > tt.overdue:
				want = renewalOverdue
			case age >= tt.due:
				want = renewalDue
			}
			if got := d.state(noon.Add(age)); got != want {
				t.Errorf("%s, %s old: %d, want %d", tt.name, span(age), got, want)
			}
		}
	}
}

func TestRenewalDutyByCase(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	life := func(length time.Duration) material.Lifetime {
		return material.Lifetime{NotBefore: noon, NotAfter: noon.Add(length)}
	}
	at := func(d time.Duration) time.Time { return noon.Add(d) }
	for name, tt := range map[string]struct {
		duty renewalDuty
		age  time.Duration
		want renewalState
	}{
		"nobody renews: 90 days at 59":   {renewalDuty{Lifetime: life(90 * day24)}, 59 * day24, renewalFine},
		"nobody renews: 90 days at 61":   {renewalDuty{Lifetime: life(90 * day24)}, 61 * day24, renewalOverdue},
		"nobody renews: 90 days at 89.5": {renewalDuty{Lifetime: life(90 * day24)}, 89*day24 + 12*hour, renewalCritical},
		"nobody renews: 45 days at 29":   {renewalDuty{Lifetime: life(45 * day24)}, 29 * day24, renewalFine},
		"nobody renews: 45 days at 31":   {renewalDuty{Lifetime: life(45 * day24)}, 31 * day24, renewalOverdue},
		"nobody renews: a year at 334":   {renewalDuty{Lifetime: life(365 * day24)}, 334 * day24, renewalFine},
		"nobody renews: a year at 336":   {renewalDuty{Lifetime: life(365 * day24)}, 336 * day24, renewalOverdue},
		"nobody renews: 160h at 100":     {renewalDuty{Lifetime: life(160 * hour)}, 100 * hour, renewalFine},
		"nobody renews: 160h at 140":     {renewalDuty{Lifetime: life(160 * hour)}, 140 * hour, renewalOverdue},
		"nobody renews: 160h at 145":     {renewalDuty{Lifetime: life(160 * hour)}, 145 * hour, renewalCritical},

		"backoff of 8h, 17h left": {renewalDuty{Lifetime: life(160 * hour), at: at(150 * hour), backoff: 8 * hour}, 143 * hour, renewalFine},
		"backoff of 8h, 15h left": {renewalDuty{Lifetime: life(160 * hour), at: at(150 * hour), backoff: 8 * hour}, 145 * hour, renewalCritical},
		"backoff, 160h, not due":  {renewalDuty{Lifetime: life(160 * hour), at: at(106 * hour), backoff: 32 * hour}, 100 * hour, renewalCritical},
		"backoff, 90 days":        {renewalDuty{Lifetime: life(90 * day24), at: at(60 * day24), backoff: 32 * hour}, 60 * day24, renewalDue},

		"last day of 45":             {renewalDuty{Lifetime: life(45 * day24), at: at(44*day24 + 23*hour)}, 44*day24 + 23*hour, renewalCritical},
		"last day of 45, not due":    {renewalDuty{Lifetime: life(45 * day24), at: at(44*day24 + 23*hour)}, 44*day24 + 22*hour, renewalFine},
		"issuing since a minute":     {renewalDuty{Lifetime: life(90 * day24), at: at(60 * day24), issuing: at(62 * day24)}, 62*day24 + time.Minute, renewalDue},
		"issuing since two days":     {renewalDuty{Lifetime: life(90 * day24), at: at(60 * day24), issuing: at(60 * day24)}, 62*day24 + time.Minute, renewalOverdue},
		"issuing does not make time": {renewalDuty{Lifetime: life(90 * day24), at: at(60 * day24), issuing: at(75 * day24)}, 75*day24 + time.Minute, renewalCritical},
		"a window may put it off":    {renewalDuty{Lifetime: life(90 * day24), at: at(60 * day24), windows: true}, 65 * day24, renewalDue},
	} {
		if got := tt.duty.state(noon.Add(tt.age)); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}
