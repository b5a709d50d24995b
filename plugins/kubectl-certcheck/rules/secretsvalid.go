package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// moment is a time for people, to the minute.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// stamp is a time as the API writes it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// checkValidity: SEC05 of the server's own certificate. Ready=True survives the end of
// a certificate for a while: only the dates count.
func (h *heldSecret) checkValidity() {
	switch h.leaf.State(h.Now) {
	case material.Expired:
		h.expired()
	case material.NotYetValid:
		f := h.say(h.part(), finding.Error, "SEC05", "The certificate in Secret %s is not valid before %s, in %s.", h.Name, moment(h.leaf.NotBefore), span(-h.Now.Sub(h.leaf.NotBefore)))
		f.Evidence = quote(secretData(h.crtKey)+" notBefore", stamp(h.leaf.NotBefore))
		f.Cause = "The clock of the CA or of this machine is wrong, or the certificate is for later."
		f.Fix = append([]finding.Step{do("Compare the clocks; if they are right, wait, or put another certificate into the Secret.")}, h.reissue()...)
	}
}

func (h *heldSecret) expired() {
	severity := finding.Error
	if h.owner == nil && len(h.uses) == 0 && h.signs == nil {
		severity = finding.Warning // nobody is known to serve it
	}
	f := h.say(h.part(), severity, "SEC05", "The certificate in Secret %s expired %s ago, on %s.", h.Name, span(-h.leaf.Left(h.Now)), moment(h.leaf.NotAfter))
	f.Evidence = append(quote(secretData(h.crtKey)+" notAfter", stamp(h.leaf.NotAfter)), h.ready()...)
	f.Fix = h.reissue()
	if h.signs != nil {
		f.Evidence = append(f.Evidence, quote("spec.ca.secretName of "+h.signs.Kind+" "+h.signs.Name, h.Name.Name)...)
	}
	if h.owner == nil {
		f.Cause = h.nobodyRenews()
		return
	}
	f.Fix = append([]finding.Step{h.look()}, f.Fix...)
	if at := h.renewalOf(h.owner, h.leaf); !at.IsZero() && h.owner.RenewalPolicy != "Disabled" {
		f.Cause = "cert-manager was to renew it from " + moment(at) + " on, and has not."
	} else {
		f.Cause = "Its renewal is switched off: spec.renewal.policy is Disabled."
	}
	if h.owner.Conditions.Is("Ready", "True") {
		f.Cause += " Its Ready condition is out of date: cert-manager looks at the dates only now and then."
	}
	h.tellRetry(f)
}

// checkIntermediates: SEC08, an intermediate that is over, or is so before the leaf is.
func (h *heldSecret) checkIntermediates() {
	chain := h.pair.Chain
	if h.leaf.State(h.Now) == material.Expired {
		return // a new certificate comes with the intermediates of today
	}
	for at, i := range chain.Path {
		one := chain.Certificates[i]
		if at == 0 || chain.Members[i].Role != material.RoleIntermediate {
			continue
		}
		what := one.Subject.Text + " in Secret " + h.Name.String()
		switch {
		case one.State(h.Now) == material.Expired:
			severity, cause := finding.Error, "Clients refuse the chain, though the certificate itself is valid."
			if h.trustedAnyway(at, h.Now) {
				severity, cause = finding.Warning, "Clients that know its key as a root of their own pass over it; old ones refuse the chain."
			}
			f := h.say(aside, severity, "SEC08", "The intermediate %s expired %s ago.", what, span(-one.Left(h.Now)))
			h.explainIntermediate(f, one, cause)
		case one.State(h.Now) == material.NotYetValid:
			f := h.say(aside, finding.Error, "SEC08", "The intermediate %s is not valid before %s.", what, moment(one.NotBefore))
			f.Evidence = quote(secretData(h.crtKey)+" notBefore", stamp(one.NotBefore))
			f.Fix = h.reissue()
		case one.NotAfter.Before(h.leaf.NotAfter) && !h.trustedAnyway(at, h.leaf.NotAfter):
			f := h.say(aside, finding.Warning, "SEC08", "The intermediate %s ends in %s, before the certificate does.", what, span(one.Left(h.Now)))
			h.explainIntermediate(f, one, "From then on clients refuse the chain, though the certificate itself is valid until "+moment(h.leaf.NotAfter)+".")
		}
	}
}

func (h *heldSecret) explainIntermediate(f *finding.Finding, one *material.Certificate, cause string) {
	f.Evidence = quote(secretData(h.crtKey)+" notAfter", stamp(one.NotAfter))
	f.Cause = cause
	if issuer := h.ownIssuer(); issuer != nil && issuer.ACME != nil && issuer.ACME.PreferredChain != "" {
		f.Evidence = append(f.Evidence, quote("spec.acme.preferredChain of "+issuer.Kind+" "+issuer.Name, issuer.ACME.PreferredChain)...)
		f.Fix = append(f.Fix, do("Take spec.acme.preferredChain out of "+issuer.Kind+" "+issuer.Name+", so that the CA's chain of today is taken."))
	}
	f.Fix = append(f.Fix, h.reissue()...)
}

// trustedAnyway reports whether clients need not go through the certificate at a place of
// the path: by the roots that they have, or, where those are not known, because it is
// the last one of a longer path, and thus may be a root that another one has signed.
func (h *heldSecret) trustedAnyway(at int, when time.Time) bool {
	chain := h.pair.Chain
	if h.Roots != nil {
		trust, _ := chain.Trust(h.Roots, when)
		return trust == material.Trusted
	}
	return at > 1 && at == len(chain.Path)-1 && chain.End == material.AtMissing
}

// checkAuthorities: SEC05 of the CAs that a consumer takes for those of its clients.
func (h *heldSecret) checkAuthorities() {
	key, bundle := "ca.crt", h.secret.CA
	if h.secret.GenericCA != nil {
		key, bundle = "cacert", h.secret.GenericCA
	}
	if bundle == nil || !slices.ContainsFunc(h.uses, h.forClients) {
		return
	}
	var over []*material.Certificate
	all := bundle.Certificates()
	for _, one := range all {
		if one.State(h.Now) == material.Expired {
			over = append(over, one)
		}
	}
	if len(over) == 0 {
		return
	}
	severity, cause := finding.Error, "No certificate is accepted any more that rests on it."
	if len(over) < len(all) {
		severity, cause = finding.Warning, "Certificates that rest on it are not accepted any more; there are others in the bundle."
	}
	f := h.say(aside, severity, "SEC05", "The CA %s in %s of Secret %s expired %s ago.", over[0].Subject.Text, key, h.Name, span(-over[0].Left(h.Now)))
	f.Evidence = quote(secretData(key)+" notAfter", stamp(over[0].NotAfter))
	f.Cause = cause
	f.Fix = []finding.Step{do("Put the CA of today into " + key + ", beside the old one as long as certificates of that are in use.")}
}

// forClients reports whether a consumer takes the CA of its clients from the Secret. An
// Istio Gateway takes it from the Secret of its certificate, too.
func (h *heldSecret) forClients(u secretUse) bool {
	if u.CA || !u.credential() {
		return u.CA
	}
	for _, g := range h.IstioGateways {
		if g.Object != u.by.Object {
			continue
		}
		for i := range g.Servers {
			t := g.Servers[i].TLS
			if t != nil && strings.HasSuffix(t.Mode, "MUTUAL") && t.CACredentialName == "" && contains(t.Credentials(), h.Name.Name) {
				return true
			}
		}
	}
	return false
}
