package rules

import "github.com/kubechores/kubechores/pkg/finding"

func secretCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "SEC01", Severity: finding.Error, Title: "the Secret is gone, is empty, or lacks tls.crt or tls.key"},
		{ID: "SEC02", Severity: finding.Warning, Title: "the Secret's type is not kubernetes.io/tls, and its consumer may insist on that"},
		{ID: "SEC03", Severity: finding.Error, Title: "the private key is not that of the certificate"},
		{ID: "SEC04", Severity: finding.Error, Title: "what is in the Secret cannot be read as PEM, or not by all programs"},
		{ID: "SEC05", Severity: finding.Error, Title: "the certificate has expired, or is not valid yet"},
		{ID: "SEC06", Severity: finding.Error, Title: "the renewal is due, overdue, or nobody's task"},
		{ID: "SEC07", Severity: finding.Error, Title: "the chain is out of order, incomplete, or holds what is no part of it"},
		{ID: "SEC08", Severity: finding.Error, Title: "an intermediate has expired, or ends before the certificate"},
		{ID: "SEC09", Severity: finding.Warning, Title: "clients do not trust the issuer: staging, self-signed, temporary, a program's own, private"},
		{ID: "SEC10", Severity: finding.Error, Title: "the certificate lacks names of its Certificate, or has no SAN at all"},
		{ID: "SEC11", Severity: finding.Warning, Title: "clients refuse such a certificate: weak key or digest, too long a validity, not for servers"},
		{ID: "SEC12", Severity: finding.Error, Title: "a pod wants ca.crt, which the Secret does not have"},
		{ID: "SEC13", Severity: finding.Warning, Title: "the Secret was issued by another issuer, or for another Certificate"},
		{ID: "SEC14", Severity: finding.Warning, Title: "another program writes a Secret that cert-manager fills"},
		{ID: "SEC15", Severity: finding.Warning, Title: "the Secret is a copy, which no renewal reaches"},
		{ID: "SEC16", Severity: finding.Warning, Title: "the common name is too long, or was left out by the CA"},
	}
}

// checkSecrets judges the Secrets that hold what consumers serve or trust. Keys of ACME
// accounts and credentials are not among them.
func (c *checker) checkSecrets() {
	copies := c.newSecretCopies()
	for _, h := range c.heldSecrets() {
		if h.secret == nil {
			h.checkAbsent()
			continue
		}
		h.checkAuthorities()
		h.checkForPods()
		if !h.server() {
			continue
		}
		h.checkKeys()
		h.checkType()
		h.checkText()
		h.checkWriters()
		if h.leaf == nil {
			continue
		}
		h.checkMatch()
		h.checkValidity()
		h.checkRenewal()
		h.checkOrder()
		h.checkMissingIssuer()
		h.checkIntermediates()
		h.checkTrust()
		h.checkNames()
		h.checkCommonName()
		h.checkStrength()
		h.checkAnnotations()
		copies.check(h)
	}
}
