package proxy

import (
	"fmt"
	"log/slog"
	"strings"
)

// Secret is text that is not to be shown: a token, a key, or what a user wrote where
// a secret may be. It hides itself from every verb of fmt, from JSON, YAML and slog,
// and says its length instead; string(s) is the text.
type Secret string

// String says how long the secret is, in bytes.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf("(hidden, %d bytes)", len(s))
}

// Format hides the secret from all verbs, %q, %x and %#v among them.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, s.String()) }

// MarshalText hides the secret from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// quote is text for a Problem. What looks like a key or a token is hidden, too: it
// may stand where a path or a name should.
func quote(text string) string {
	for _, sign := range []string{"PRIVATE KEY", "{", "ya29.", "eyJ", "private_key"} {
		if strings.Contains(text, sign) {
			return Secret(text).String()
		}
	}
	if len(text) > 200 {
		return fmt.Sprintf("%q and %d bytes more", text[:200], len(text)-200)
	}
	return fmt.Sprintf("%q", text)
}
