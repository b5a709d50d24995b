package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkIngressShim judges what the annotations of an Ingress ask of cert-manager, in the
// order of its own checks. An Ingress whose Certificates are all there was served, or
// made them by hand.
func (c *checker) checkIngressShim(o *chain.Ingress) {
	a := askedBy(&o.Meta)
	if a == nil {
		return
	}
	s := &ingressShim{checker: c, Ingress: o, asked: a, event: c.badConfig(&o.Meta)}
	switch {
	case s.sharedSecret(): // it then does not look at the blocks
	case s.allMade():
	case a.issuer != "" && a.clusterIssuer != "":
		s.tell("The Ingress names both an Issuer and a ClusterIssuer, so cert-manager makes no Certificate for it.", "annotation",
			fmt.Sprintf("Remove one of the annotations %s/issuer and %s/cluster-issuer.", a.group(), a.group()),
			finding.Evidence{Source: "metadata.annotations[" + a.group() + "/issuer]", Text: a.issuer},
			finding.Evidence{Source: "metadata.annotations[" + a.group() + "/cluster-issuer]", Text: a.clusterIssuer})
	case a.old && c.since(0, 11):
		s.tell("cert-manager does not read the Ingress's annotations: they are those of certmanager.k8s.io, up to v0.10.", "annotation",
			fmt.Sprintf("Write %s as %s.", a.annotation(), strings.Replace(a.annotation(), chain.OldGroup, chain.Group, 1)), a.evidence()...)
	default:
		s.skippedBlocks()
		if s.event != nil && !s.told {
			s.tell("cert-manager does not take what the Ingress asks for.", "", "Mend what the event says.", a.evidence()...)
		}
	}
}

// ingressShim is an Ingress that asks for Certificates.
type ingressShim struct {
	*checker
	*chain.Ingress
	asked *asked
	event *chain.Event // the newest complaint; nil if there is none
	told  bool
}

// tell adds a finding, with cert-manager's complaint if that is about the same.
func (s *ingressShim) tell(what, about, fix string, evidence ...finding.Evidence) {
	s.told = true
	if s.event != nil && strings.Contains(s.event.Message, about) {
		evidence = append(slices.Clip(evidence), finding.Evidence{Source: "event BadConfig", Text: s.event.Message})
	}
	s.add(s.part(), finding.Finding{
		ID: "ING03", Severity: finding.Warning, Object: s.Object, What: what, Evidence: evidence,
		Fix: []finding.Step{do(fix)}, Docs: "https://cert-manager.io/docs/usage/ingress/",
	})
}

// part is what it does that cert-manager makes nothing: where the Secrets are there all
// the same, nothing follows from it.
func (s *ingressShim) part() part {
	for i := range s.TLS {
		if n := s.tlsSecret(s.Ingress, i); n.Name == "" || s.Secret(n) == nil {
			return blocks
		}
	}
	return aside
}

// allMade reports whether each TLS block has a Secret that a Certificate fills.
func (s *ingressShim) allMade() bool {
	for i := range s.TLS {
		if n := s.tlsSecret(s.Ingress, i); n.Name == "" || len(s.CertificatesFor(n)) == 0 {
			return false
		}
	}
	return true
}

// sharedSecret finds two TLS blocks with the same Secret, or both without: cert-manager
// then makes nothing for the Ingress, and changes nothing that it made before.
func (s *ingressShim) sharedSecret() bool {
	first := map[string]int{}
	for i, block := range s.TLS {
		before, twice := first[block.SecretName]
		if !twice {
			first[block.SecretName] = i
			continue
		}
		same := "name the same Secret " + block.SecretName
		if block.SecretName == "" {
			same = "name no Secret"
		}
		s.tell(fmt.Sprintf("spec.tls[%d] and spec.tls[%d] of the Ingress %s, so cert-manager makes no Certificate for any of its TLS blocks.", before, i, same),
			"must only appear in a single TLS entry", "Have all hosts of one Secret in one TLS block, and a Secret for each block.", s.asked.evidence()...)
		return true
	}
	return false
}

// skippedBlocks finds TLS blocks that cert-manager leaves out.
func (s *ingressShim) skippedBlocks() {
	for i, block := range s.TLS {
		at := fmt.Sprintf("spec.tls[%d]", i)
		switch {
		case block.SecretName == "":
			s.tell(fmt.Sprintf("cert-manager makes no Certificate for %s of the Ingress: it has no secretName.", at), at,
				"Set "+at+".secretName to the name of a Secret that cert-manager is to make.",
				append(s.asked.evidence(), finding.Evidence{Source: at + ".hosts", Text: some(block.Hosts)})...)
		case len(s.CertificatesFor(s.tlsSecret(s.Ingress, i))) == 0 && len(block.Hosts) == 0:
			s.tell(fmt.Sprintf("cert-manager makes no Certificate for %s of the Ingress: it has no hosts.", at), at,
				"Name the hosts in "+at+".hosts.", append(s.asked.evidence(), finding.Evidence{Source: at + ".secretName", Text: block.SecretName})...)
		}
	}
}
