package spread

import (
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata"
)

var zones = []*time.Location{
	time.UTC, zone("Europe/Berlin"), zone("America/New_York"), zone("Australia/Lord_Howe"), zone("America/Sao_Paulo"), time.FixedZone("", -34567),
}

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

// Whatever the clock does, what is allowed is what it shows.
func TestHoursAreThoseOfTheClock(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	changes := []time.Time{ // of clocks, in the zones
		time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC), time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC),
		time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC),
		time.Date(2026, 4, 4, 15, 0, 0, 0, time.UTC), time.Date(2026, 10, 3, 15, 30, 0, 0, time.UTC),
		time.Date(2018, 11, 4, 3, 0, 0, 0, time.UTC), // at midnight, in São Paulo
	}
	for range 2000 {
		h := Hours{Zone: zones[r.IntN(len(zones))]}
		for range 1 + r.IntN(3) {
			h.Spans = append(h.Spans, Span{time.Duration(r.IntN(24*60)) * time.Minute, time.Duration(r.IntN(24*60+1)) * time.Minute})
		}
		a := changes[r.IntN(len(changes))].Add(time.Duration(r.Int64N(int64(4*day))) - 2*day)
		b := a.Add(time.Duration(r.Int64N(int64(3 * day))))
		allowed := h.between(a, b)
		for i, s := range allowed {
			if s.from < 0 || s.to > int64(b.Sub(a)) || s.from >= s.to || i > 0 && s.from <= allowed[i-1].to {
				t.Fatalf("%v between %v and %v: %v", h, a, b, allowed)
			}
		}
		for range 50 {
			x := r.Int64N(int64(b.Sub(a)) + 1)
			if x == int64(b.Sub(a)) {
				continue
			}
			next, ok := allowed.next(x)
			if at := a.Add(time.Duration(x)); (ok && next == x) != h.Allow(at) {
				t.Fatalf("%v in %v at %v: Allow says %v", h.Spans, h.zone(), at.In(h.zone()), h.Allow(at))
			}
		}
	}
}

func TestHoursOnDaysOfChange(t *testing.T) {
	berlin := zone("Europe/Berlin")
	for _, test := range []struct {
		name  string
		day   time.Time
		span  Span
		total time.Duration
	}{
		{"an ordinary night", time.Date(2026, 5, 1, 0, 0, 0, 0, berlin), Span{time.Hour, 4 * time.Hour}, 3 * time.Hour},
		{"02:00 to 03:00 is not there", time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), Span{time.Hour, 4 * time.Hour}, 2 * time.Hour},
		{"beginning in the hour that is not there", time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), Span{150 * time.Minute, 4 * time.Hour}, time.Hour},
		{"wholly in the hour that is not there", time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), Span{130 * time.Minute, 170 * time.Minute}, 0},
		{"02:00 to 03:00 is there twice", time.Date(2026, 10, 25, 0, 0, 0, 0, berlin), Span{time.Hour, 4 * time.Hour}, 4 * time.Hour},
		{"half of the hour that is there twice", time.Date(2026, 10, 25, 0, 0, 0, 0, berlin), Span{150 * time.Minute, 3 * time.Hour}, time.Hour},
		{"over midnight, before and after", time.Date(2026, 5, 1, 0, 0, 0, 0, berlin), Span{22 * time.Hour, 6 * time.Hour}, 8 * time.Hour},
		{"the whole day", time.Date(2026, 5, 1, 0, 0, 0, 0, berlin), Span{5 * time.Hour, 5 * time.Hour}, 24 * time.Hour},
		{"until midnight", time.Date(2026, 5, 1, 0, 0, 0, 0, berlin), Span{23 * time.Hour, 24 * time.Hour}, time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := Hours{Spans: []Span{test.span}, Zone: berlin}
			end := test.day.AddDate(0, 0, 1)
			if got := time.Duration(h.between(test.day, end).total()); got != test.total {
				t.Errorf("%v is allowed, want %v: %v", got, test.total, h.between(test.day, end))
			}
		})
	}
}
