package material

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"
)

// Names are those that a certificate is for, or is to be for: Certificate.Names,
// or spec.dnsNames and spec.ipAddresses.
type Names struct {
	CommonName string // no client of today reads it
	DNS        []string
	IPs        []netip.Addr `json:",omitempty"`
}

// Coverage says whether names cover a host, and why.
type Coverage struct {
	Covered bool
	Reason  Reason
	// By is the name that covers the host, or the one that comes close.
	By string `json:",omitempty"`
}

// Reason is why a host is covered, or not.
type Reason string

// Reasons why a host is covered.
const (
	Exact    Reason = "exact"
	Wildcard Reason = "wildcard"
)

// Reasons why a host is not covered.
const (
	NoNames Reason = "no names" // no DNS name and no address at all
	NoMatch Reason = "no match"
	// OnlyCommonName: the common name would match, but clients read the SANs only
	// (RFC 9525, 6.3; Chrome 58, Go 1.15).
	OnlyCommonName Reason = "only the common name"
	// ApexOfWildcard: *.example.com does not cover example.com.
	ApexOfWildcard Reason = "apex of the wildcard"
	// TooDeep: *.example.com does not cover a.b.example.com: a wildcard is one label.
	TooDeep Reason = "too deep for the wildcard"
	// PartialWildcard: w*.example.com covers nothing any more (RFC 9525, 6.3).
	PartialWildcard Reason = "partial wildcard"
	// InnerWildcard: a.*.example.com covers nothing: only the first label may be one.
	InnerWildcard Reason = "wildcard is not the first label"
	// BareWildcard: the name * covers nothing.
	BareWildcard Reason = "bare wildcard"
	// TrailingDot: the name in the certificate ends with a dot; hosts are compared
	// without (RFC 5280, 4.2.1.6: preferred name syntax).
	TrailingDot Reason = "name ends with a dot"
	// AddressAsName: the address is there as a DNS name, and has to be an IP address.
	AddressAsName Reason = "address as DNS name"
	// WildcardHost: the host is a wildcard, as of a Gateway's listener, and that
	// wildcard is not among the names, though names below it may be: By is one.
	WildcardHost Reason = "wildcard host"
	// AnyHost: the host is *, empty or has no name: there is nothing to compare.
	AnyHost Reason = "any host"
	// NotASCII: the host is to be given in its ASCII form, as xn--bcher-kva.example
	// (A-labels, RFC 5890).
	NotASCII Reason = "not ASCII"
	// NotAHost: the host has a scheme, a port, a blank, an empty label or the like.
	NotAHost Reason = "not a host"
)

// Covers says whether the names cover a host: a DNS name, with or without a dot
// at its end, in any case; an IP address, in brackets or not; or a wildcard like
// *.example.com, which only the same wildcard covers. The rules are those of RFC
// 9525, 6.3, as crypto/x509 has them, but for names that end with a dot.
func (n Names) Covers(host string) Coverage {
	if addr, ok := address(host); ok {
		return n.coversAddress(addr)
	}
	h := lower(strings.TrimSuffix(host, "."))
	valid := isName(h, false)
	for _, name := range n.DNS {
		pattern := lower(name)
		switch {
		case !valid || !isName(pattern, true):
			// crypto/x509 takes equal names, too, if they are no host names.
			if pattern == lower(host) && pattern != "" && !strings.HasSuffix(pattern, ".") && pattern != "*" {
				return Coverage{Covered: true, Reason: Exact, By: name}
			}
		case pattern == h:
			return Coverage{Covered: true, Reason: Exact, By: name}
		case matches(pattern, h):
			return Coverage{Covered: true, Reason: Wildcard, By: name}
		}
	}
	return n.uncovered(h, valid)
}

// address parses an address as crypto/x509 does: brackets may be around it, and
// there is no zone.
func address(host string) (netip.Addr, bool) {
	if len(host) >= 3 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	addr, err := netip.ParseAddr(host)
	return addr.Unmap(), err == nil && addr.Zone() == ""
}

func (n Names) coversAddress(addr netip.Addr) Coverage {
	if slices.ContainsFunc(n.IPs, func(ip netip.Addr) bool { return ip.Unmap() == addr }) {
		return Coverage{Covered: true, Reason: Exact, By: addr.String()}
	}
	for _, name := range n.DNS {
		if ip, ok := address(name); ok && ip == addr {
			return Coverage{Reason: AddressAsName, By: name}
		}
	}
	if ip, ok := address(n.CommonName); ok && ip == addr {
		return Coverage{Reason: OnlyCommonName, By: n.CommonName}
	}
	return n.none()
}

func (n Names) none() Coverage {
	if len(n.DNS)+len(n.IPs) == 0 {
		return Coverage{Reason: NoNames}
	}
	return Coverage{Reason: NoMatch}
}

// uncovered says why no name covers h, which is in lower case and without the
// dot at its end.
func (n Names) uncovered(h string, valid bool) Coverage {
	zone, wild := strings.CutPrefix(h, "*.")
	switch {
	case h == "" || h == "*":
		return Coverage{Reason: AnyHost}
	case strings.ContainsFunc(h, func(r rune) bool { return r > unicode.MaxASCII }):
		return Coverage{Reason: NotASCII}
	case wild && isName(zone, false):
		return n.uncoveredWildcard(zone)
	case !valid:
		return Coverage{Reason: NotAHost}
	}
	for _, name := range n.DNS {
		if reason := nearly(lower(name), h); reason != "" {
			return Coverage{Reason: reason, By: name}
		}
	}
	if cn := lower(n.CommonName); cn == h || isName(cn, true) && matches(cn, h) {
		return Coverage{Reason: OnlyCommonName, By: n.CommonName}
	}
	return n.none()
}

// uncoveredWildcard is uncovered for *.zone.
func (n Names) uncoveredWildcard(zone string) Coverage {
	if cn := lower(n.CommonName); cn == "*."+zone {
		return Coverage{Reason: OnlyCommonName, By: n.CommonName}
	}
	for _, name := range n.DNS {
		above, ok := strings.CutPrefix(lower(name), "*.")
		if ok && strings.HasSuffix(zone, "."+above) {
			return Coverage{Reason: TooDeep, By: name}
		}
	}
	for _, name := range n.DNS {
		if l := lower(name); l == zone || strings.HasSuffix(l, "."+zone) {
			return Coverage{Reason: WildcardHost, By: name}
		}
	}
	if len(n.DNS)+len(n.IPs) == 0 {
		return Coverage{Reason: NoNames}
	}
	return Coverage{Reason: WildcardHost}
}

// nearly says what keeps a name from covering h, if it looks as if it was meant to.
func nearly(name, h string) Reason {
	switch trimmed := strings.TrimSuffix(name, "."); {
	case name == "*":
		return BareWildcard
	case trimmed != name && (trimmed == h || isName(trimmed, true) && matches(trimmed, h)):
		return TrailingDot
	case name == "*."+h:
		return ApexOfWildcard
	}
	if zone, ok := strings.CutPrefix(name, "*."); ok && isName(zone, false) && strings.HasSuffix(h, "."+zone) {
		return TooDeep
	}
	if !strings.Contains(name, "*") || !globs(name, h) {
		return ""
	}
	if first, rest, _ := strings.Cut(name, "."); first != "*" && !strings.Contains(rest, "*") {
		return PartialWildcard
	}
	return InnerWildcard
}

// globs compares label by label, with any number of * in each.
func globs(pattern, h string) bool {
	patterns, labels := strings.Split(pattern, "."), strings.Split(h, ".")
	if len(patterns) != len(labels) {
		return false
	}
	for i, label := range labels {
		if !glob(patterns[i], label) {
			return false
		}
	}
	return true
}

// glob compares a label with a pattern: its parts between * come one behind the other.
func glob(pattern, label string) bool {
	parts := strings.Split(pattern, "*")
	last := len(parts) - 1
	if last == 0 {
		return pattern == label
	}
	label, ok := strings.CutPrefix(label, parts[0])
	for _, part := range parts[1:last] {
		_, rest, found := strings.Cut(label, part)
		label, ok = rest, ok && found
	}
	return ok && strings.HasSuffix(label, parts[last])
}

// matches compares two valid names; the first label of the pattern may be *.
func matches(pattern, h string) bool {
	zone, wild := strings.CutPrefix(pattern, "*.")
	if !wild {
		return pattern == h
	}
	_, rest, ok := strings.Cut(h, ".")
	return ok && rest == zone
}

// isName says whether a name, in lower case, is one that wildcards apply to:
// labels of letters, digits, - but not in front, and _, which RFC 1123 has not, but
// clusters do. A pattern may have * as its first label, and more behind it.
func isName(name string, pattern bool) bool {
	if zone, ok := strings.CutPrefix(name, "*."); ok && pattern {
		name = zone
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || label[0] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
	}
	return true
}

// lower changes ASCII letters only, as DNS does (RFC 4343).
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}
