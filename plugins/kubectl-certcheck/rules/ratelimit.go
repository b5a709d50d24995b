package rules

import (
	"strings"
	"time"
)

// rateLimit is one of the limits of a CA, as Let's Encrypt words it.
type rateLimit struct {
	text string // of the message, in lower case
	// what is a clause about the limit; free is how it is got around.
	what, free string
}

// rateLimits are from the more special to the more general: the first that fits counts.
// See https://letsencrypt.org/docs/rate-limits/.
func rateLimits() []rateLimit {
	return []rateLimit{
		{"prevented from requesting certificates", "it has paused a name, after more than a thousand failures in a row", "Open the link in the message, and ask there to resume."},
		{"too many failed authorizations", "too many proofs have failed for a name (5 an hour for each name)", "Find out why the challenges failed before the next try: each failure counts."},
		{"already issued for this exact set", "the same set of names was issued too often (5 times in 7 days)", "Use a certificate that was issued: look for it in Secrets and backups. Another set of names, as with one more name, has a limit of its own."},
		{"already issued for", "too many certificates were issued for the domain (50 in 7 days)", "Put names together into fewer certificates, or ask the CA for a higher limit."},
		{"too many new orders", "the account has made too many orders (300 in 3 hours)", "Find out what orders so often: a Certificate that is issued again and again, or many that fail."},
		{"too many currently pending authorizations", "the account has too many unfinished orders", "Delete orders that will not be finished; they expire within days."},
		{"too many registrations", "too many accounts were registered from this address (10 in 3 hours)", "Use one issuer, and thus one account, for many Certificates."},
		{"too many new registrations", "too many accounts were registered from this address (10 in 3 hours)", "Use one issuer, and thus one account, for many Certificates."},
		{"service busy", "it is busy", "Wait."},
		{"", "it allows no more for now", "Wait."},
	}
}

func rateLimitOf(message string) rateLimit {
	message = strings.ToLower(message)
	all := rateLimits()
	for _, l := range all {
		if strings.Contains(message, l.text) {
			return l
		}
	}
	return all[len(all)-1]
}

func isRateLimit(message string) bool {
	return containsAny(message, rateLimitTexts())
}

func rateLimitTexts() []string { return []string{"error:ratelimited", "too many requests"} }

// retryAfter finds when a CA takes orders again: "retry after" and a time, in the form
// of RFC 3339 or with a blank and "UTC". Zero is not said.
func retryAfter(message string) time.Time {
	const words = "retry after "
	at := strings.LastIndex(strings.ToLower(message), words)
	if at < 0 || at+len(words) > len(message) {
		return time.Time{}
	}
	text := message[at+len(words):]
	for _, layout := range []string{"2006-01-02T15:04:05Z", "2006-01-02 15:04:05 UTC"} {
		if len(text) >= len(layout) {
			if t, err := time.Parse(layout, text[:len(layout)]); err == nil {
				return t
			}
		}
	}
	return time.Time{}
}
