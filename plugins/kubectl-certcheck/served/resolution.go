package served

import "net/netip"

// Resolution is what DNS says of a host, as seen from here: in the cluster and
// elsewhere it may say something else.
type Resolution struct {
	// Host is as given, Name what was looked up: see ServerName for wildcards.
	Host, Name string
	// Addresses are sorted.
	Addresses []netip.Addr `json:",omitempty"`
	// CNAME is the name that the host is an alias of, in the end, without the dot
	// at its end; empty if it is none.
	CNAME   string   `json:",omitempty"`
	Failure *Failure `json:",omitempty"`
}
