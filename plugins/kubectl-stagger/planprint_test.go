package main

import (
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 1500 * time.Microsecond: "2ms", 410 * time.Millisecond: "410ms", time.Second: "1s", 10 * time.Second: "10s", 30 * time.Second: "30s",
		70 * time.Second: "1m10s", 2*time.Minute + 30*time.Second: "2m30s", 3 * time.Minute: "3m", 20 * time.Minute: "20m",
		48*time.Minute + 20*time.Second: "48m", time.Hour: "1h", 7*time.Hour + 20*time.Minute: "7h20m", 10 * time.Hour: "10h", 24 * time.Hour: "24h",
		23*time.Hour + 59*time.Minute + 40*time.Second: "24h",
	} {
		if got := span(d); got != want {
			t.Errorf("%v is written as %q, want %q", d, got, want)
		}
	}
}

func TestClockAt(t *testing.T) {
	now := time.Date(2026, 5, 1, 22, 0, 0, 0, time.UTC)
	berlin := time.FixedZone("CEST", 2*3600)
	for _, test := range []struct {
		at   time.Time
		zone *time.Location
		want string
	}{
		{now.Add(time.Hour), time.UTC, "23:00"},
		{now.Add(3 * time.Hour), time.UTC, "2 May 01:00"},
		{now.Add(3 * time.Hour), berlin, "03:00"}, // it is past midnight there already
	} {
		if got := clockAt(test.at, now, test.zone); got != test.want {
			t.Errorf("%v is written as %q, want %q", test.at, got, test.want)
		}
	}
}
