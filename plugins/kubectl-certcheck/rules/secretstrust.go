package rules

import (
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// checkTrust: SEC09, by what issuers write into certificates, and where roots are given,
// by those.
func (h *heldSecret) checkTrust() {
	origin := h.pair.Chain.Origin()
	if origin == material.OtherOrigin {
		h.checkRoots()
		return
	}
	part := aside
	if origin == material.CertManagerTemporary || h.replaced(origin) {
		part = h.part()
	}
	f := h.say(part, finding.Warning, "SEC09", "The certificate in Secret %s %s", h.Name, originText(origin))
	f.Evidence = quote(secretData(h.crtKey)+" issuer", h.leaf.Issuer.Text)
	switch origin {
	case material.LetsEncryptStaging, material.PebbleTest:
		f.Cause = "Clients do not know the root of a server for tests."
		h.leaveTests(f, origin)
	case material.CertManagerTemporary:
		f.Cause = "The certificate that was asked for has not been issued yet (annotation cert-manager.io/issue-temporary-certificate)."
		f.Evidence = append(f.Evidence, h.ready()...)
		if h.owner != nil {
			f.Fix = []finding.Step{h.look()}
		}
	default:
		f.Cause = "The program shows it where it has no certificate for a host. Somebody has saved it into a Secret."
		f.Fix = h.reissue()
	}
}

// replaced reports whether the issuer is not one for tests any more: the certificate
// that counts has not come yet. An own server for tests may have any name.
func (h *heldSecret) replaced(origin material.Origin) bool {
	issuer := h.ownIssuer()
	if issuer == nil || issuer.ACME == nil || strings.Contains(issuer.ACME.Server, "staging") {
		return false
	}
	return origin == material.LetsEncryptStaging || origin == material.PebbleTest && strings.Contains(issuer.ACME.Server, ".letsencrypt.org/")
}

func originText(origin material.Origin) string {
	switch origin {
	case material.LetsEncryptStaging:
		return "is from Let's Encrypt's staging server, which no client trusts."
	case material.PebbleTest:
		return "is from Pebble, an ACME server for tests, which no client trusts."
	case material.CertManagerTemporary:
		return "is cert-manager's temporary one, which no client trusts."
	case material.IngressNginxFake:
		return "is the fake one that ingress-nginx makes for itself, which no client trusts."
	}
	return "is the default one that Traefik makes for itself, which no client trusts."
}

// ownIssuer is the issuer of the Certificate that fills the Secret; nil if it was not seen.
func (h *heldSecret) ownIssuer() *chain.Issuer {
	if h.owner == nil {
		return nil
	}
	return h.IssuerOf(h.owner.Issuer, h.owner.Namespace)
}

// leaveTests says how to get a certificate that counts.
func (h *heldSecret) leaveTests(f *finding.Finding, origin material.Origin) {
	issuer := h.ownIssuer()
	if issuer == nil || issuer.ACME == nil {
		f.Fix = append([]finding.Step{do("Get a certificate from the production server.")}, h.reissue()...)
		return
	}
	if h.replaced(origin) {
		f.Cause = "Its issuer is one of the production server now, and has issued none yet."
		f.Fix = append([]finding.Step{h.look()}, h.reissue()...)
		return
	}
	f.Evidence = append(f.Evidence, quote("spec.acme.server of "+issuer.Kind+" "+issuer.Name, issuer.ACME.Server)...)
	f.Fix = append(f.Fix,
		do("Make an issuer with server: https://acme-v02.api.letsencrypt.org/directory and an account key Secret of its own, and name it in spec.issuerRef of Certificate "+h.owner.Name+": cert-manager issues anew."))
	if h.owner.OldAPI() {
		f.Fix = append(f.Fix, h.reissue()...)
	}
	if origin == material.LetsEncryptStaging {
		f.Docs = "https://letsencrypt.org/docs/staging-environment/"
	}
}

// checkRoots: whether clients with the given roots trust what is served to them. Behind
// no door clients may have roots of their own.
func (h *heldSecret) checkRoots() {
	if h.Roots == nil || !h.doors() || h.leaf.State(h.Now) != material.Valid {
		return
	}
	trust, err := h.pair.Chain.Trust(h.Roots, h.Now)
	if err == nil || trust != material.UnknownAuthority && trust != material.BadPath || h.has("SEC07", h.about) && h.public() {
		return
	}
	issuer := h.leaf.Issuer.Text
	what := "is from a CA that clients do not know: " + issuer + "."
	if h.leaf.SelfSigned == material.Yes {
		what = "is self-signed, and clients do not trust it."
	}
	severity, cause := finding.Warning, "Only clients that were given the CA accept it."
	if i := h.ownIssuer(); i != nil && i.ACME == nil {
		// So it was meant.
		severity, cause = finding.Info, "Its issuer, "+i.Kind+" "+i.Name+", is a private one: only clients that were given its CA accept the certificate."
	}
	if trust == material.BadPath {
		severity, what = finding.Warning, "has a chain that clients do not accept."
	}
	f := h.say(aside, severity, "SEC09", "The certificate in Secret %s %s", h.Name, what)
	f.Evidence = append(quote(secretData(h.crtKey), err.Error()), quote(secretData(h.crtKey)+" issuer", issuer)...)
	f.Cause = cause
}
