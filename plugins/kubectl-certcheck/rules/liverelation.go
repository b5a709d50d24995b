package rules

import (
	"slices"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// liveRelation is how a certificate that is served relates to that of the Secret.
type liveRelation int

const (
	liveUnknown liveRelation = iota // nothing was served, or the Secret tells no certificate
	liveSame
	liveOlder // an earlier one for the same names: the new one was not loaded
	liveNewer // a later one for the same names
	liveOther // of another CA, or for other names
)

// liveRelationOf finds the Secret that a certificate comes closest to.
func (c *checker) liveRelationOf(s *Served, h *served.Handshake) (chain.Name, *material.Certificate, liveRelation) {
	leaf := h.Leaf()
	if leaf == nil {
		return chain.Name{}, nil, liveUnknown
	}
	var from chain.Name
	var wanted *material.Certificate
	known := 0
	for _, n := range s.Secrets {
		for _, one := range c.liveLeavesOf(n) {
			known++
			if one.SHA256 == leaf.SHA256 {
				return n, one, liveSame
			}
			if wanted == nil || !liveKin(leaf, wanted) && liveKin(leaf, one) {
				from, wanted = n, one
			}
		}
	}
	switch {
	case wanted == nil, !liveKin(leaf, wanted) && (len(s.Secrets) > 1 || s.Door.Kind == "Pod"):
		// A pod may mount a Secret for something else than to serve it.
		return chain.Name{}, nil, liveUnknown
	case !liveKin(leaf, wanted), !liveSameCA(leaf, wanted) && !c.liveBefore(s.Pod, from, wanted), liveStopgap(h.Chain):
		return from, wanted, liveOther
	case leaf.NotBefore.Before(wanted.NotBefore):
		return from, wanted, liveOlder
	case liveSameCA(leaf, wanted):
		return from, wanted, liveNewer
	}
	return from, wanted, liveOther
}

// liveBefore reports whether a pod has run since before the Secret was renewed, so that
// what it serves may be of another CA and from the same Secret nevertheless.
func (c *checker) liveBefore(pod, secret chain.Name, leaf *material.Certificate) bool {
	p := c.livePod(pod)
	return p != nil && !p.Started.IsZero() && p.Started.Before(c.liveWritten(secret, leaf))
}

// liveLeavesOf are the certificates that a Secret may be served by: tls.crt, and cert,
// which Istio prefers.
func (c *checker) liveLeavesOf(n chain.Name) []*material.Certificate {
	o := c.Secret(n)
	if o == nil {
		return nil
	}
	var all []*material.Certificate
	for _, leaf := range []*material.Certificate{c.leafOf(n), o.Leaf()} {
		if leaf != nil && !slices.Contains(all, leaf) {
			all = append(all, leaf)
		}
	}
	return all
}

// liveKin reports whether two certificates have a name in common.
func liveKin(a, b *material.Certificate) bool {
	if len(a.DNS) == 0 && len(b.DNS) == 0 {
		return a.Subject.CommonName != "" && a.Subject.CommonName == b.Subject.CommonName
	}
	return slices.ContainsFunc(a.DNS, func(name string) bool { return slices.Contains(b.DNS, name) })
}

// liveSameCA reports whether one CA issued both. Public CAs change their intermediates
// all the time, but not their organization.
func liveSameCA(a, b *material.Certificate) bool {
	return a.Issuer.Text == b.Issuer.Text || slices.ContainsFunc(a.Issuer.Organization, func(name string) bool {
		return slices.Contains(b.Issuer.Organization, name)
	})
}

// liveWritten is when a Secret's data was written last, as far as it is known.
func (c *checker) liveWritten(n chain.Name, leaf *material.Certificate) time.Time {
	written := leaf.NotBefore
	for _, m := range c.Secret(n).Managers {
		if m.Data && m.Time.After(written) {
			written = m.Time
		}
	}
	return written
}
