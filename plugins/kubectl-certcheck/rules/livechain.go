package rules

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// liveChains: LIVE05. What is wrong with the Secret's own chain is said of the Secret.
func (c *checker) liveChains(d *liveDoor) {
	type key struct {
		what     string
		severity finding.Severity
	}
	for _, g := range liveGroups(d.views, func(v liveView) (key, bool) {
		if v.Leaf() == nil || c.liveAsInSecret(v) {
			return key{}, false
		}
		what, severity := c.liveChainFault(v)
		return key{what, severity}, what != ""
	}) {
		v := g.views[0]
		f := finding.Finding{
			ID: "LIVE05", Severity: g.key.severity, Object: d.Object,
			What:     fmt.Sprintf("%s%s a chain that %s.", g.subject("serves"), g.forHosts(), g.key.what),
			Evidence: liveChainEvidence(v),
		}
		if v.relation == liveSame {
			f.Cause = fmt.Sprintf("Secret %s holds another chain for the same certificate: the server has not loaded it, or leaves a part out.", v.from)
			f.Fix = c.liveRestart(g.pods())
		}
		c.liveBecause(&f, "LIVE02")
		c.add(aside, f)
	}
}

// liveChainFault says what is wrong with a chain, but for the leaf.
func (c *checker) liveChainFault(v liveView) (what string, severity finding.Severity) {
	served := v.Chain
	for _, i := range served.Path[min(1, len(served.Path)):] {
		one := served.Certificates[i]
		if one.State(c.Now) == material.Expired && one.SelfSigned != material.Yes {
			return fmt.Sprintf("leads over %s, which expired on %s", one.Subject.Text, day(one.NotAfter)), finding.Error
		}
	}
	switch {
	case served.MissingIntermediate() == material.Yes, v.relation == liveSame && c.liveShorter(v):
		return "lacks the certificate of " + served.Top().Issuer.Text + ", so that many clients other than browsers reject it", finding.Warning
	case !served.Ordered:
		return "is out of order, which clients up to TLS 1.2 may reject", finding.Warning
	}
	return "", ""
}

// liveChainOf is the chain in a Secret that begins with a certificate.
func (c *checker) liveChainOf(n chain.Name, leaf *material.Certificate) *material.Chain {
	o := c.Secret(n)
	if o == nil {
		return nil
	}
	for _, p := range []*material.Pair{o.Served(), o.TLS} {
		if p != nil && p.Chain != nil && p.Chain.Leaf >= 0 && p.Chain.Certificates[p.Chain.Leaf] == leaf {
			return p.Chain
		}
	}
	return nil
}

// liveAsInSecret reports whether the Secret's chain is served as it is.
func (c *checker) liveAsInSecret(v liveView) bool {
	if v.relation != liveSame {
		return false
	}
	held := c.liveChainOf(v.from, v.wanted)
	if held == nil || len(held.Certificates) != len(v.Chain.Certificates) {
		return false
	}
	for i, one := range held.Certificates {
		if one.SHA256 != v.Chain.Certificates[i].SHA256 {
			return false
		}
	}
	return true
}

// liveShorter reports whether the path that is served ends before that of the Secret,
// which has more than a root above it.
func (c *checker) liveShorter(v liveView) bool {
	held := c.liveChainOf(v.from, v.wanted)
	if held == nil || len(v.Chain.Path) >= len(held.Path) {
		return false
	}
	next := held.Certificates[held.Path[len(v.Chain.Path)]]
	return next.SelfSigned != material.Yes
}

func liveChainEvidence(v liveView) []finding.Evidence {
	var text string
	for i, one := range v.Chain.Certificates {
		if i > 0 {
			text += "\n"
		}
		name := one.Subject.Text
		if name == "" {
			name = liveNamesOf(one)
		}
		text += fmt.Sprintf("%d: %s, until %s, by %s", i, name, day(one.NotAfter), one.Issuer.Text)
	}
	return quote("chain of "+v.Served.Endpoint, text)
}
