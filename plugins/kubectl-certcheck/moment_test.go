package main

import (
	"testing"
	"time"
)

func TestMoment(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-12-24":                time.Date(2026, 12, 24, 0, 0, 0, 0, time.Local),
		"2026-12-24T18:00":          time.Date(2026, 12, 24, 18, 0, 0, 0, time.Local),
		"2026-12-24 18:00:05":       time.Date(2026, 12, 24, 18, 0, 5, 0, time.Local),
		"2026-12-24T18:00:00Z":      time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC),
		"2026-12-24T18:00:00+02:00": time.Date(2026, 12, 24, 16, 0, 0, 0, time.UTC),
		"0001-01-01T00:00:00Z":      {},
		"30d":                       now.AddDate(0, 0, 30),
		"+30d":                      now.AddDate(0, 0, 30),
		"-2d":                       now.AddDate(0, 0, -2),
		"12h":                       now.Add(12 * time.Hour),
		"1h30m":                     now.Add(90 * time.Minute),
		"0s":                        now,
	} {
		var m moment
		if err := m.Set(text); err != nil || !m.from(now).Equal(want) {
			t.Errorf("%s: %v, %v, want %v", text, err, m.from(now), want)
			continue
		}
		var again moment
		if err := again.Set(m.String()); err != nil || !again.from(now).Equal(want) {
			t.Errorf("%s does not survive as %q: %v", text, m.String(), err)
		}
	}
	var unset moment
	if !unset.from(now).Equal(now) || unset.String() != "" {
		t.Errorf("unset it is %v, %q", unset.from(now), unset.String())
	}
	for _, bad := range []string{"", "d", "30", "30 d", "tomorrow", "2026-13-01", "2026-02-30", "24.12.2026", "36501d", "99999999999999999999d", "9999999h", "1.5d"} {
		var m moment
		if err := m.Set(bad); err == nil {
			t.Errorf("%q is taken as %v", bad, m.String())
		}
	}
}
