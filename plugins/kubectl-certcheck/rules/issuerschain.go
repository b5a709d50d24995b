package rules

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// deadRoots are roots that a preferred chain may still name and that are over.
func deadRoots() map[string]string {
	return map[string]string{
		"DST Root CA X3":  "It expired on 2021-09-30, and Let's Encrypt does not offer chains to it any more.",
		"Fake LE Root X1": "It was a root of Let's Encrypt's old staging server, which is gone.",
		"Fake LE Root X2": "It was a root of Let's Encrypt's old staging server, which is gone.",
	}
}

// checkPreferredChain compares the wish with what was issued. cert-manager takes the
// chain whose last certificate has that issuer, and without a word the CA's default one
// if there is none.
func (c *checker) checkPreferredChain(i *chain.Issuer) {
	want := i.ACME.PreferredChain
	if want == "" {
		return
	}
	f := finding.Finding{
		ID: "ISS10", Severity: finding.Warning, Object: i.Object,
		Evidence: quote("spec.acme.preferredChain", want),
		Fix:      []finding.Step{do("Without a special need, take the CA's default chain:"), patchIssuerStep(i, `{"op":"remove","path":"/spec/acme/preferredChain"}`)},
	}
	if cause, dead := deadRoots()[want]; dead {
		f.What = fmt.Sprintf("%s prefers a chain to %q, which no CA sends any more.", issuerTitle(i), want)
		f.Cause = cause
		c.add(aside, f)
		return
	}
	for _, o := range c.certificatesOf(i) {
		secret := c.Secret(o.Secret())
		if secret == nil || secret.TLS == nil || secret.TLS.Chain == nil || !o.Conditions.Is("Ready", "True") || secret.Leaf() == nil || !o.NotAfter.Equal(secret.Leaf().NotAfter) {
			continue
		}
		top := secret.TLS.Chain.Top()
		if top == nil || top.Issuer.CommonName == want {
			continue
		}
		f.Severity = finding.Info
		f.What = fmt.Sprintf("%s prefers a chain to %q, and what it has issued for %s leads to %q.", issuerTitle(i), want, o.Name, top.Issuer.CommonName)
		f.Evidence = append(f.Evidence, quote("secret "+o.Secret().String()+" last issuer", top.Issuer.Text)...)
		f.Cause = "The CA does not offer such a chain, and cert-manager then takes the default one without a word; or the certificate is older than the setting."
		c.add(aside, f)
		return
	}
}
