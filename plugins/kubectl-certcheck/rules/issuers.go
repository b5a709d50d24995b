package rules

import (
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

func issuerCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "ISS01", Severity: finding.Error, Title: "An issuer is not ready"},
		{ID: "ISS02", Severity: finding.Error, Title: "An Issuer is in another namespace than the Certificate that refers to it"},
		{ID: "ISS03", Severity: finding.Warning, Title: "Clients are served a certificate of the CA's staging server"},
		{ID: "ISS04", Severity: finding.Error, Title: "An issuer's server is one of ACME v1, which was shut down"},
		{ID: "ISS05", Severity: finding.Error, Title: "The key of an ACME account is not as it has to be"},
		{ID: "ISS06", Severity: finding.Error, Title: "The CA does not make an account of the email address, or without its own credentials"},
		{ID: "ISS07", Severity: finding.Error, Title: "cert-manager cannot reach the ACME server"},
		{ID: "ISS08", Severity: finding.Error, Title: "An issuer has no solver of the type that a name needs"},
		{ID: "ISS09", Severity: finding.Error, Title: "A solver cannot do what it is for, or is never used"},
		{ID: "ISS10", Severity: finding.Warning, Title: "The preferred chain is not what the CA sends"},
	}
}

func (c *checker) checkIssuers() {
	c.checkElsewhere()
	for _, i := range c.Issuers {
		if !c.reaches(i.Object) {
			continue
		}
		explained := c.checkAccountKey(i)
		c.checkReady(i, explained)
		if i.ACME == nil {
			continue
		}
		c.checkSharedAccount(i)
		c.checkStaging(i)
		c.checkPreferredChain(i)
		if !i.ACME.Old {
			c.checkSolverTypes(i)
			c.checkProviders(i)
		}
	}
}

// issuerTitle is an issuer for sentences.
func issuerTitle(i *chain.Issuer) string { return i.Kind + " " + i.Name }

// certificatesOf are the Certificates in question that refer to an issuer.
func (c *checker) certificatesOf(i *chain.Issuer) []*chain.Certificate {
	if c.issued == nil {
		c.issued = map[*chain.Issuer][]*chain.Certificate{}
		for _, o := range c.Certificates {
			if by := c.IssuerOf(o.Issuer, o.Namespace); by != nil && c.reaches(o.Object) {
				c.issued[by] = append(c.issued[by], o)
			}
		}
	}
	return c.issued[i]
}
