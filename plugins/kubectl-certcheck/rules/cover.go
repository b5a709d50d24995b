package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// uncovered says why none of the certificates covers a host; empty if one does.
// partly says that some hosts below a wildcard are covered.
func uncovered(host string, leaves []*material.Certificate) (why string, partly bool) {
	for _, leaf := range leaves {
		got := leaf.Covers(host)
		switch {
		case got.Covered || got.Reason == material.AnyHost:
			return "", false
		case got.Reason == material.WildcardHost && got.By != "":
			partly = true
		}
		if text := coverageReason(got); why == "" || text != noName {
			why = text
		}
	}
	return why, partly
}

const noName = "no name in it fits"

// coverageReason is a Coverage's reason in words.
func coverageReason(got material.Coverage) string {
	switch got.Reason {
	case material.NoNames:
		return "it has no name at all"
	case material.OnlyCommonName:
		return "the name is only its common name, which clients do not read"
	case material.ApexOfWildcard:
		return "the wildcard " + got.By + " is not for its apex"
	case material.TooDeep:
		return "the wildcard " + got.By + " is for one label only"
	case material.WildcardHost:
		if got.By != "" {
			return "of the names below the wildcard only such as " + got.By + " are in it"
		}
	case material.PartialWildcard, material.InnerWildcard, material.BareWildcard:
		return "clients take no wildcard like " + got.By
	case material.TrailingDot:
		return "the name " + got.By + " ends with a dot"
	case material.AddressAsName:
		return "the address is there as a DNS name"
	}
	return noName
}

// tlsLeaf is the certificate in tls.crt of a Secret, which is what all but Istio's own
// Gateways take; nil if it is not known.
func (c *checker) tlsLeaf(n chain.Name) *material.Certificate {
	if o := c.Secret(n); o != nil {
		return o.Leaf()
	}
	return nil
}

// allNames are the DNS names and addresses of certificates.
func allNames(leaves []*material.Certificate) []string {
	var names []string
	for _, leaf := range leaves {
		for _, name := range leaf.DNS {
			if !contains(names, name) {
				names = append(names, name)
			}
		}
		for _, ip := range leaf.IPs {
			names = append(names, ip.String())
		}
	}
	if names == nil {
		names = []string{"none"}
	}
	return names
}

// coverFix says how a certificate gets further names.
func (c *checker) coverFix(secret chain.Name, hosts []string) []finding.Step {
	all := c.CertificatesFor(secret)
	if len(all) == 0 {
		return []finding.Step{do("Put a certificate into Secret " + secret.String() + " that is for " + strings.Join(hosts, ", ") + ", too.")}
	}
	o := all[0]
	if o.ACME != nil {
		return []finding.Step{
			do("Add " + strings.Join(hosts, ", ") + " to spec.dnsNames of the Certificate, and to the domains of one of spec.acme.config."),
			inNamespace(o.Namespace, "edit", "certificate", o.Name),
		}
	}
	for _, owner := range o.Owners {
		if owner.Kind == "Ingress" || owner.Kind == "Gateway" || owner.Kind == "ListenerSet" {
			return []finding.Step{
				do(fmt.Sprintf("The Certificate is made from %s %s: cert-manager adds the name as soon as it is there in a TLS block with that Secret.", owner.Kind, owner.Name)),
				inNamespace(o.Namespace, "describe", "certificate", o.Name),
			}
		}
	}
	var missing []string
	for _, h := range hosts {
		if !o.Names().Covers(h).Covered {
			missing = append(missing, h)
		}
	}
	if len(missing) == 0 {
		return []finding.Step{
			do("The Certificate asks for it already; it has to be issued:"),
			inNamespace(o.Namespace, "describe", "certificate", o.Name),
		}
	}
	// A JSON patch appends; a merge patch would replace all names.
	var ops []string
	for _, h := range missing {
		ops = append(ops, fmt.Sprintf(`{"op":"add","path":"/spec/dnsNames/-","value":%q}`, h))
	}
	if len(o.DNSNames) == 0 {
		return []finding.Step{do("Set spec.dnsNames of the Certificate to " + strings.Join(missing, ", ") + "."), inNamespace(o.Namespace, "edit", "certificate", o.Name)}
	}
	return []finding.Step{inNamespace(o.Namespace, "patch", "certificate", o.Name, "--type=json", "-p", "["+strings.Join(ops, ",")+"]")}
}
