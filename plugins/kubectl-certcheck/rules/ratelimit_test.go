package rules

import (
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	at := time.Date(2022, 9, 26, 1, 29, 8, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"too many certificates (5) already issued for this exact set of domains in the last 168 hours: a.example.com, retry after 2022-09-26T01:29:08Z: see https://letsencrypt.org/docs/duplicate-certificate-limit/": at,
		"too many new orders (300) from this account in the last 3h0m0s, Retry After 2022-09-26 01:29:08 UTC: see https://letsencrypt.org/docs/rate-limits/":                                                           at,
		"the last one counts: retry after noon, retry after 2022-09-26T01:29:08Z":                                                                                                                                      at,
		"retry after 2022-13-26T01:29:08Z": {},
		"retry after":                      {},
		"retry after ":                     {},
		"retry after 2022":                 {},
		"":                                 {},
	} {
		if got := retryAfter(text); !got.Equal(want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestRateLimitOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`too many failed authorizations (5) for "a.example.com" in the last 1h0m0s`:         "too many failed authorizations",
		"too many certificates (5) already issued for this exact set of identifiers":        "already issued for this exact set",
		`too many certificates (50) already issued for "example.com" in the last 168h0m0s`:  "already issued for",
		"There were too many requests of a given type :: Service busy; retry later.":        "service busy",
		"Your account is temporarily prevented from requesting certificates for a.example.": "prevented from requesting certificates",
		"something new": "",
	} {
		if got := rateLimitOf(text).text; got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("retry after 2022-09-26T01:29:08Z")
	f.Add("RETRY AFTER 2022-09-26 01:29:08 UTC")
	f.Add("\u0130retry after ")
	f.Fuzz(func(t *testing.T, text string) {
		if at := retryAfter(text); !at.IsZero() && at.Year() > 9999 {
			t.Errorf("%q is %v", text, at)
		}
	})
}
