package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkIngressShim judges what the annotations of an Ingress ask of cert-manager.
func (c *checker) checkIngressShim(o *chain.Ingress) {
	a := askedBy(&o.Meta)
	if a == nil || c.allMade(o) {
		return // or it was made by hand, and nothing is missing
	}
	event := c.badConfig(&o.Meta)
	explained, p := false, c.partOfShim(o)
	tell := func(what, about, fix string, evidence []finding.Evidence) {
		if event != nil && strings.Contains(event.Message, about) {
			evidence = append(evidence, quote("event BadConfig", event.Message)...)
		}
		explained = true
		c.add(p, finding.Finding{
			ID: "ING03", Severity: finding.Warning, Object: o.Object, What: what, Evidence: evidence,
			Fix: []finding.Step{do(fix)}, Docs: "https://cert-manager.io/docs/usage/ingress/",
		})
	}
	switch {
	case a.issuer != "" && a.clusterIssuer != "":
		tell("The Ingress names both an Issuer and a ClusterIssuer, so cert-manager makes no Certificate for it.", "annotation",
			fmt.Sprintf("Remove one of the annotations %s/issuer and %s/cluster-issuer.", a.group(), a.group()),
			[]finding.Evidence{
				{Source: "metadata.annotations[" + a.group() + "/issuer]", Text: a.issuer},
				{Source: "metadata.annotations[" + a.group() + "/cluster-issuer]", Text: a.clusterIssuer},
			})
	case a.old && c.since(0, 11):
		tell("cert-manager does not read the Ingress's annotations: they are those of certmanager.k8s.io, up to v0.10.", "",
			fmt.Sprintf("Write %s as %s.", a.annotation(), strings.Replace(a.annotation(), chain.OldGroup, chain.Group, 1)), a.evidence())
	default:
		c.checkBlocks(o, a, tell)
	}
	if event != nil && !explained {
		tell("cert-manager does not take what the Ingress asks for.", "", "Mend what the event says.", a.evidence())
	}
}

// partOfShim is what it does that cert-manager makes nothing: where the Secrets are
// there all the same, nothing follows from it.
func (c *checker) partOfShim(o *chain.Ingress) part {
	for i := range o.TLS {
		if n := c.tlsSecret(o, i); n.Name == "" || c.Secret(n) == nil {
			return blocks
		}
	}
	return aside
}

// allMade reports whether each TLS block has a Secret that a Certificate fills.
func (c *checker) allMade(o *chain.Ingress) bool {
	for i := range o.TLS {
		if n := c.tlsSecret(o, i); n.Name == "" || len(c.CertificatesFor(n)) == 0 {
			return false
		}
	}
	return true
}

// checkBlocks finds TLS blocks that cert-manager leaves out.
func (c *checker) checkBlocks(o *chain.Ingress, a *asked, tell func(what, about, fix string, evidence []finding.Evidence)) {
	first := map[string]int{}
	for i, block := range o.TLS {
		at := fmt.Sprintf("spec.tls[%d]", i)
		switch before, twice := first[block.SecretName]; {
		case block.SecretName == "":
			tell(fmt.Sprintf("cert-manager makes no Certificate for %s of the Ingress: it has no secretName.", at), at,
				"Set "+at+".secretName to the name of a Secret that cert-manager is to make.", append(a.evidence(), quote(at+".hosts", some(block.Hosts))...))
			continue
		case len(c.CertificatesFor(c.tlsSecret(o, i))) > 0:
		case len(block.Hosts) == 0:
			tell(fmt.Sprintf("cert-manager makes no Certificate for %s of the Ingress: it has no hosts.", at), at,
				"Name the hosts in "+at+".hosts.", append(a.evidence(), quote(at+".secretName", block.SecretName)...))
		case twice:
			tell(fmt.Sprintf("The TLS blocks %d and %d of the Ingress have the same Secret %s, so cert-manager makes no Certificate for it.", before, i, block.SecretName), at,
				"Have all hosts of one Secret in one TLS block.", append(a.evidence(), quote(at+".secretName", block.SecretName)...))
		}
		if _, twice := first[block.SecretName]; !twice {
			first[block.SecretName] = i
		}
	}
}
