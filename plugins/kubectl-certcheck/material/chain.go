package material

import (
	"slices"
)

// MaxSignatures is how many signatures are checked for a chain.
const MaxSignatures = 2000

// Chain is how certificates that a server sends hang together.
type Chain struct {
	Certificates []*Certificate
	// Members say what each certificate is in the chain, by its index.
	Members []Member
	// Leaf is the index of the server's own certificate: the one of the key if that
	// is known, else the first that is no CA, else the first that issued none of
	// the others; -1 if there are no certificates. Servers want it to be 0.
	Leaf int
	// Path is the leaf, its issuer, the issuer of that, and so on.
	Path []int
	End  End
	// Ordered says that the path goes through the certificates from front to back,
	// as RFC 5246, 7.4.2, wants it, though others may lie between. Clients of TLS
	// 1.3 take any order (RFC 8446, 4.4.2).
	Ordered bool
	// FirstToExpire is the index of the certificate of the path whose NotAfter is
	// the earliest; -1 if there are none. If it is not the leaf, the chain is over
	// before the leaf is.
	FirstToExpire int
	// Bounded says that MaxSignatures was reached: links may be missing.
	Bounded bool
}

// End is why a path ends.
type End string

const (
	// NoPath: there are no certificates.
	NoPath End = ""
	// AtSelfSigned: with a root, which need not be sent, or with a self-signed leaf.
	AtSelfSigned End = "self-signed"
	// AtMissing: the issuer is not there. That is as it should be if the issuer is a
	// root: see MissingIntermediate and Trust.
	AtMissing End = "issuer not there"
	// AtCycle: CAs that signed each other.
	AtCycle End = "cycle"
)

// Role is what a certificate is in a chain.
type Role string

const (
	RoleLeaf         Role = "leaf"
	RoleIntermediate Role = "intermediate"
	// RoleRoot: a self-signed certificate above the leaf. Sending it is of no use.
	RoleRoot Role = "root"
	// RoleAlternative: it is above the leaf, but not on Path: a cross-signed twin.
	RoleAlternative Role = "alternative"
	// RoleDuplicate: an earlier one is the same.
	RoleDuplicate Role = "duplicate"
	// RoleUnrelated: no path leads from the leaf to it. If it is no CA, it is a
	// second leaf.
	RoleUnrelated Role = "unrelated"
)

// Member is a certificate in a chain.
type Member struct {
	Role        Role
	DuplicateOf int // -1 is none
	// Issuers are the other certificates whose subject is this one's issuer.
	Issuers []Link
}

// Link says whether the key of another certificate signed this one. No is a CA
// of the same name with another key: an old or a new intermediate.
type Link struct {
	Index  int
	Signed Answer
}

// NewChain finds out how certificates hang together. The key is that of the
// server, nil if it is not known. A file of CAs, as ca.crt, is no chain.
func NewChain(certificates []*Certificate, key *Key) *Chain {
	c := &Chain{Certificates: certificates, Members: make([]Member, len(certificates)), Leaf: -1, FirstToExpire: -1}
	l := &linker{chain: c, bySubject: map[string][]int{}, linked: make([]bool, len(certificates)), left: MaxSignatures}
	l.prepare()
	if len(certificates) == 0 {
		return c
	}
	c.Leaf = l.leaf(key)
	l.climb()
	l.above()
	for i := range certificates {
		l.link(i) // of those that are not above the leaf, too
	}
	c.Ordered = slices.IsSorted(c.Path)
	c.FirstToExpire = slices.MinFunc(c.Path, func(a, b int) int {
		return certificates[a].NotAfter.Compare(certificates[b].NotAfter)
	})
	return c
}

// MissingIntermediate says whether an intermediate is missing for sure: there
// is a certificate of a public CA (it has timestamps of its log, SCTs), and its
// issuer is not there. Public CAs issue from intermediates only (Baseline
// Requirements, 6.1.7). For other leaves it is Unknown: ask Trust.
func (c *Chain) MissingIntermediate() Answer {
	if c.Leaf < 0 {
		return Unknown
	}
	switch {
	case c.End == AtSelfSigned:
		return No
	case c.End == AtMissing && len(c.Path) == 1 && c.Certificates[c.Leaf].SCTs && !c.Certificates[c.Leaf].CA:
		return Yes
	}
	return Unknown
}

// Top is the last certificate of the path; nil if there is none. At AtMissing,
// its Issuer is what is missing.
func (c *Chain) Top() *Certificate {
	if len(c.Path) == 0 {
		return nil
	}
	return c.Certificates[c.Path[len(c.Path)-1]]
}

// Origin returns the first known origin on the path: a staging root tells as
// much as a staging leaf.
func (c *Chain) Origin() Origin {
	for _, i := range c.Path {
		if o := c.Certificates[i].Origin(); o != OtherOrigin {
			return o
		}
	}
	return OtherOrigin
}
