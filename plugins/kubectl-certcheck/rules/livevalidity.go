package rules

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// liveValidity: LIVE08. What the Secret holds is judged there: of that, only what
// clients see now is said.
func (c *checker) liveValidity(d *liveDoor) {
	type key struct{ leaf, what string }
	for _, g := range liveGroups(d.views, func(v liveView) (key, bool) {
		if v.Leaf() == nil {
			return key{}, false
		}
		what := c.liveDate(v.Leaf())
		return key{v.Leaf().SHA256, what}, what != ""
	}) {
		v := g.views[0]
		p := aside
		if v.relation == liveSame {
			p = symptom
		}
		f := finding.Finding{
			ID: "LIVE08", Severity: finding.Error, Object: d.Object,
			What:     fmt.Sprintf("Clients of %s reject the certificate%s: %s.", g.endpoints(), g.forHosts(), g.key.what),
			Evidence: []finding.Evidence{liveCertificate(v.Served.Endpoint, v.ServerName, v.Leaf())},
		}
		if v.relation == liveOther || v.relation == liveUnknown {
			f.Fix = []finding.Step{do("Renew it where it comes from.")}
		}
		c.add(p, f)
	}
	for _, g := range liveGroups(d.views, func(v liveView) (key, bool) {
		if v.Leaf() == nil || v.relation == liveSame || liveDefault(v) {
			return key{}, false
		}
		what := liveIdentity(v)
		return key{v.Leaf().SHA256, what}, what != ""
	}) {
		v := g.views[0]
		f := finding.Finding{
			ID: "LIVE08", Severity: finding.Error, Object: d.Object,
			What:     fmt.Sprintf("Clients of %s reject the certificate%s: %s.", g.endpoints(), g.forHosts(), g.key.what),
			Evidence: []finding.Evidence{liveCertificate(v.Served.Endpoint, v.ServerName, v.Leaf())},
		}
		p := aside
		if liveStopgap(v.Chain) {
			p = c.liveFollows(d.Object, v.Secrets)
			f.Cause = "The controller found no Secret for the host, or could not use it."
			f.Fix = []finding.Step{do("Look into the log of the controller for the name of the Secret.")}
		}
		c.liveBecause(&f, "LIVE02")
		c.add(p, f)
	}
}

func (c *checker) liveDate(leaf *material.Certificate) string {
	switch leaf.State(c.Now) {
	case material.Expired:
		return fmt.Sprintf("it expired on %s, %s ago", day(leaf.NotAfter), span(-leaf.Left(c.Now)))
	case material.NotYetValid:
		return "it is valid from " + day(leaf.NotBefore) + " on only"
	}
	return ""
}

// liveIdentity says why a certificate is not for the host, or from nobody.
func liveIdentity(v liveView) string {
	switch v.Chain.Origin() {
	case material.LetsEncryptStaging:
		return "it is from Let's Encrypt's staging, which nobody trusts"
	case material.CertManagerTemporary:
		return "it is the temporary one of cert-manager"
	case material.IngressNginxFake:
		return "it is the stopgap of ingress-nginx"
	case material.TraefikDefault:
		return "it is the stopgap of Traefik"
	case material.PebbleTest:
		return "it is from Pebble, an ACME server for tests"
	}
	if liveUncovered(v.Leaf(), v.Host) {
		return "it is for " + liveNamesOf(v.Leaf())
	}
	return ""
}
