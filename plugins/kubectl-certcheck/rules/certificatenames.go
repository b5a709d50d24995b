package rules

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// certCommonName: with ACME, the common name has to be among the names that are
// proved. v1alpha1 adds it by itself; there it has to be in spec.acme: see CRT07.
func (c *checker) certCommonName(i *issuance) {
	name := i.CommonName
	if name == "" || i.OldAPI() || i.issuer == nil || i.issuer.ACME == nil || slices.Contains(i.DNSNames, name) {
		return
	}
	if address, err := netip.ParseAddr(name); err == nil && slices.Contains(i.Addresses, address) {
		return
	}
	f := finding.Finding{
		ID: "CRT05", Severity: c.certGrave(i), Object: i.Object,
		What:     fmt.Sprintf("spec.commonName is %s, which is not in spec.dnsNames, so cert-manager refuses every request for it to an ACME server.", name),
		Evidence: append(quote("spec.commonName", name), quote("spec.dnsNames", strings.Join(i.DNSNames, ", "))...),
		Fix:      i.change("Add the name to spec.dnsNames, or remove spec.commonName, which no client of today reads:", `{"spec":{"commonName":null}}`),
		Docs:     "https://cert-manager.io/docs/usage/certificate/",
	}
	for _, words := range i.requestWords() {
		if strings.Contains(words.Text, "commonName") {
			f.Evidence = append(f.Evidence, words)
		}
	}
	c.add(blocks, f)
}

// certHosts are the hosts that consumers want of each Secret, and who wants them.
func (c *checker) certHosts() map[chain.Name][]certWanted {
	all := map[chain.Name][]certWanted{}
	for _, s := range c.subjects {
		for _, use := range s.Uses {
			if use.CA || s.Kind == "Certificate" || s.Kind == "Secret" {
				continue
			}
			for _, host := range use.Hosts {
				all[use.Secret] = append(all[use.Secret], certWanted{host, s.Kind + " " + s.Name})
			}
		}
	}
	return all
}

// certWanted is a host that a consumer serves.
type certWanted struct{ host, by string }

// certWildcards: a wildcard is for one label exactly, so it covers neither the name
// below which it stands nor what is deeper.
func (c *checker) certWildcards(i *issuance, hosts []certWanted) {
	if i.loses() {
		return
	}
	names := i.Names()
	var missing []string
	var reason material.Coverage
	var by string
	for _, w := range hosts {
		coverage := names.Covers(w.host)
		if (coverage.Reason != material.ApexOfWildcard && coverage.Reason != material.TooDeep) || slices.Contains(missing, w.host) {
			continue
		}
		if missing == nil {
			reason, by = coverage, w.by
		}
		missing = append(missing, w.host)
	}
	if missing == nil {
		return
	}
	f := finding.Finding{
		ID: "CRT06", Severity: finding.Warning, Object: i.Object,
		What:     fmt.Sprintf("The certificate is asked for %s, which does not cover %s of %s.", reason.By, some(missing), by),
		Evidence: quote("spec.dnsNames", strings.Join(names.DNS, ", ")),
		Cause:    "A wildcard stands for one label, not for none.",
		Fix:      i.ask(missing),
	}
	if reason.Reason == material.TooDeep {
		f.Cause = "A wildcard stands for one label, not for more."
	}
	if i.OldAPI() {
		f.Fix[0].Do += " Add it to spec.acme.config[].domains, too."
	}
	c.add(aside, f)
}

// ask is how to ask for more names.
func (i *issuance) ask(names []string) []finding.Step {
	list, err := json.Marshal(append(slices.Clone(i.DNSNames), names...))
	if err != nil {
		return nil // strings always can
	}
	return i.change("Add to spec.dnsNames: "+strings.Join(names, ", ")+".", `{"spec":{"dnsNames":`+string(list)+`}}`)
}
