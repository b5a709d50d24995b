package rules

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// checkOrder: SEC07, the order of the certificates, and what is among them without need.
func (h *heldSecret) checkOrder() {
	chain := h.pair.Chain
	switch {
	case chain.Leaf > 0:
		f := h.say(h.part(), finding.Error, "SEC07", "The first certificate in %s of Secret %s is not the server's own, which is number %d.", h.crtKey, h.Name, chain.Leaf+1)
		f.Evidence = h.chainEvidence()
		f.Cause = "Servers take the first for their own: its key does not match, or clients are shown a CA."
		f.Fix = append([]finding.Step{do("Put the server's own certificate first, then its issuer, then the issuer of that.")}, h.reissue()...)
	case !chain.Ordered:
		f := h.say(aside, finding.Warning, "SEC07", "The certificates in %s of Secret %s are not in order.", h.crtKey, h.Name)
		f.Evidence = h.chainEvidence()
		f.Cause = "Each certificate has to be followed by its issuer; clients of TLS 1.2 may refuse another order."
		f.Fix = append([]finding.Step{do("Put the server's own certificate first, then its issuer, then the issuer of that.")}, h.reissue()...)
	}
	h.checkStrangers()
	h.checkSurplus()
}

// checkStrangers: certificates that do not belong to the chain.
func (h *heldSecret) checkStrangers() {
	chain := h.pair.Chain
	for i, m := range chain.Members {
		if m.Role != material.RoleUnrelated || i == 0 { // the first was told before
			continue
		}
		one := chain.Certificates[i]
		kind := "a CA that issued none of the others"
		if !one.CA {
			kind = "another server's certificate"
		}
		f := h.say(aside, finding.Warning, "SEC07", "Certificate %d in %s of Secret %s is %s: %s.", i+1, h.crtKey, h.Name, kind, nameText(one))
		f.Evidence = h.chainEvidence()
		f.Cause = "It is sent to every client for nothing, and some clients refuse the chain."
		f.Fix = append([]finding.Step{do("Take it out.")}, h.reissue()...)
	}
}

// checkSurplus: a root or a certificate twice: only a few bytes too many.
func (h *heldSecret) checkSurplus() {
	chain := h.pair.Chain
	for i, m := range chain.Members {
		switch m.Role {
		case material.RoleRoot:
			f := h.say(aside, finding.Info, "SEC07", "%s of Secret %s holds the root %s, which clients do not need.", h.crtKey, h.Name, nameText(chain.Certificates[i]))
			f.Evidence = h.chainEvidence()
		case material.RoleDuplicate:
			f := h.say(aside, finding.Info, "SEC07", "Certificates %d and %d in %s of Secret %s are the same.", m.DuplicateOf+1, i+1, h.crtKey, h.Name)
			f.Evidence = h.chainEvidence()
		}
	}
}

// checkMissingIssuer: SEC07, a certificate of a public CA without its intermediate.
func (h *heldSecret) checkMissingIssuer() {
	chain := h.pair.Chain
	missing := chain.MissingIntermediate() == material.Yes
	if !missing && h.Roots != nil && h.public() && chain.End == material.AtMissing {
		trust, _ := chain.Trust(h.Roots, h.Now)
		missing = trust == material.UnknownAuthority && chain.Origin() == material.OtherOrigin
	}
	if !missing {
		return
	}
	top := chain.Top()
	f := h.say(h.part(), finding.Error, "SEC07", "%s of Secret %s lacks the intermediate %s.", h.crtKey, h.Name, top.Issuer.Text)
	f.Evidence = h.chainEvidence()
	f.Cause = `Browsers may find it by themselves; curl says "unable to get local issuer certificate", Go "certificate signed by unknown authority".`
	if len(top.CAIssuers) > 0 {
		f.Fix = append(f.Fix, do("Get the intermediate from "+top.CAIssuers[0]+" and put it behind the certificate."))
	}
	f.Fix = append(f.Fix, h.reissue()...)
}

// public reports whether a CA that browsers trust issued the certificate: only those
// have to log what they issue.
func (h *heldSecret) public() bool { return h.leaf.SCTs }

// chainEvidence is the certificates in the order in which they stand.
func (h *heldSecret) chainEvidence() []finding.Evidence {
	const most = 8
	chain := h.pair.Chain
	text := ""
	for i, one := range chain.Certificates {
		if i == most {
			text += fmt.Sprintf("\nand %d more", len(chain.Certificates)-most)
			break
		}
		if i > 0 {
			text += "\n"
		}
		text += fmt.Sprintf("%d (%s): %s, issued by %s", i+1, chain.Members[i].Role, nameText(one), one.Issuer.Text)
	}
	return quote(secretData(h.crtKey), text)
}

// nameText is the name by which a certificate is known: its subject, else its SANs.
func nameText(one *material.Certificate) string {
	switch {
	case one.Subject.Text != "":
		return one.Subject.Text
	case len(one.DNS) > 0:
		return some(one.DNS)
	}
	return "serial " + one.Serial
}
