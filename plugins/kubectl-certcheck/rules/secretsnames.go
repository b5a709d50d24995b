package rules

import (
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// checkNames: SEC10. Whether the hosts of a consumer are covered is that one's matter;
// here is why they may not be: the certificate is not what its Certificate wants, or has
// no names at all.
func (h *heldSecret) checkNames() {
	if !h.authority() && !h.leaf.HasSAN {
		h.withoutSAN()
	}
	if h.owner == nil {
		return
	}
	wanted := h.owner.Names()
	var missing []string
	for _, name := range wanted.DNS {
		if !h.leaf.Covers(name).Covered && !contains(missing, name) {
			missing = append(missing, name)
		}
	}
	for _, ip := range wanted.IPs {
		if !h.leaf.Covers(ip.String()).Covered {
			missing = append(missing, ip.String())
		}
	}
	if missing == nil || h.pair.Chain.Origin() == material.CertManagerTemporary {
		return
	}
	severity := finding.Warning
	switch {
	case h.justIssuing():
		severity = finding.Info
	case h.serves(missing):
		severity = finding.Error
	}
	f := h.say(symptom, severity, "SEC10", "The certificate in Secret %s lacks %s, which Certificate %s wants.", h.Name, some(missing), h.owner.Name)
	f.Evidence = append(quote(secretData(h.crtKey)+" SANs", h.sans()), h.ready()...)
	f.Cause = "It was issued before the Certificate was changed, or for another one, and no new one has come since."
	f.Fix = append([]finding.Step{h.look()}, h.reissue()...)
	h.tellRetry(f)
}

// serves reports whether a consumer serves one of the names.
func (h *heldSecret) serves(names []string) bool {
	for i := range h.uses {
		for _, host := range h.uses[i].Hosts {
			if slices.ContainsFunc(names, func(name string) bool { return serves(host, name) }) {
				return true
			}
		}
	}
	return false
}

func (h *heldSecret) sans() string {
	all := slices.Clone(h.leaf.DNS)
	for _, ip := range h.leaf.IPs {
		all = append(all, ip.String())
	}
	if all == nil {
		return "none"
	}
	return some(all)
}

// withoutSAN: a server of which no client of today takes the name. Of clients'
// certificates the common name may well count.
func (h *heldSecret) withoutSAN() {
	if !h.doors() && (!slices.Contains(h.leaf.ExtKeyUsage, "serverAuth") || slices.Contains(h.leaf.ExtKeyUsage, "clientAuth")) {
		return
	}
	severity := finding.Warning
	if h.doors() {
		severity = finding.Error
	}
	name := "no name at all"
	if h.leaf.Subject.CommonName != "" {
		name = "only the common name " + h.leaf.Subject.CommonName
	}
	f := h.say(blocks, severity, "SEC10", "The certificate in Secret %s has %s, and no subject alternative name.", h.Name, name)
	f.Evidence = append(quote(secretData(h.crtKey)+" subject", h.leaf.Subject.Text), quote(secretData(h.crtKey)+" SANs", "none")...)
	f.Cause = "Browsers since 2017 and Go since 1.15 do not read the common name."
	if h.owner == nil {
		f.Fix = h.reissueWith(" with the hosts as subject alternative names (openssl req -addext subjectAltName=DNS:HOST)")
		return
	}
	f.Fix = []finding.Step{
		do("Put the hosts into spec.dnsNames; cert-manager issues anew."),
		h.kubectl("edit certificate.cert-manager.io", script.Quote(h.owner.Name)),
	}
}

// commonNameMax is the upper bound of a common name, in characters (RFC 5280, A.1).
const commonNameMax = 64

// checkCommonName: SEC16.
func (h *heldSecret) checkCommonName() {
	name := h.leaf.Subject.CommonName
	if n := len([]rune(name)); n > commonNameMax {
		f := h.say(aside, finding.Warning, "SEC16", "The common name of the certificate in Secret %s has %d characters; at most %d are allowed.", h.Name, n, commonNameMax)
		f.Evidence = quote(secretData(h.crtKey)+" subject", h.leaf.Subject.Text)
		f.Cause = "Some programs refuse such a certificate. No client of today needs a common name."
		f.Fix = h.reissueWith(" without a common name")
		return
	}
	h.withoutCommonName()
}

// withoutCommonName: a profile of the ACME server that leaves out the common name that the
// Certificate wants. Without such a profile, nobody is known to miss it.
func (h *heldSecret) withoutCommonName() {
	issuer := h.ownIssuer()
	if issuer == nil || issuer.ACME == nil || h.owner.CommonName == "" || h.leaf.Subject.CommonName != "" || h.pair.Chain.Origin() == material.CertManagerTemporary {
		return
	}
	profile := strings.ToLower(issuer.ACME.Profile)
	if profile != "tlsserver" && profile != "shortlived" {
		return
	}
	f := h.say(aside, finding.Info, "SEC16", "The CA left the common name %s out of the certificate in Secret %s.", h.owner.CommonName, h.Name)
	f.Evidence = append(quote("spec.commonName of Certificate "+h.owner.Name, h.owner.CommonName), quote("spec.acme.profile of "+issuer.Kind+" "+issuer.Name, issuer.ACME.Profile)...)
	f.Cause = "Let's Encrypt's profile " + profile + " issues no common names. Programs that know a server by its common name fail; browsers do not."
	f.Fix = []finding.Step{do("Have those programs read the subject alternative names, or take a profile that issues common names.")}
	f.Docs = "https://letsencrypt.org/docs/profiles/"
}
