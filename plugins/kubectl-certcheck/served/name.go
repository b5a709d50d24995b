package served

import (
	"net/netip"
	"strings"
)

// UnknownName is what is asked for to see what a server does with a name that it
// cannot know (RFC 2606, 2).
const UnknownName = "certcheck.invalid"

// wildcardLabel stands for any label below a wildcard.
const wildcardLabel = "certcheck"

// ServerName returns the name that a client sends (SNI) to reach a host: the host
// in lower case without a dot at its end; certcheck.example.com for
// *.example.com; UnknownName for *, which is any name; and nothing for an
// address, as RFC 6066, 3, wants it. Names are to be ASCII (A-labels).
func ServerName(host string) string {
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return ""
	}
	if name == "*" {
		return UnknownName
	}
	if rest, ok := strings.CutPrefix(name, "*."); ok {
		return wildcardLabel + "." + rest
	}
	return name
}
