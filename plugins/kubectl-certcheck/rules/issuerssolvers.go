package rules

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// canSolveLike reports whether the issuer has a solver of a type that can prove the
// name, whatever its selector: a wildcard needs dns01, an IP address http01.
func canSolveLike(i *chain.Issuer, name string) bool {
	return slices.ContainsFunc(i.ACME.Solvers, func(s chain.Solver) bool {
		switch {
		case isWildcard(name):
			return s.DNS01 != nil
		case isAddress(name):
			return s.HTTP01 != nil
		}
		return s.DNS01 != nil || s.HTTP01 != nil
	})
}

// typeFor is the type of solver that a name needs.
func typeFor(name string) string {
	switch {
	case isWildcard(name):
		return "dns01"
	case isAddress(name):
		return "http01"
	}
	return "dns01 or http01"
}

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

// checkSolverTypes is about names that no solver of the issuer can prove at all. A CA
// with accounts of its customers may need no proof, unless an order waits for one.
func (c *checker) checkSolverTypes(i *chain.Issuer) {
	var names []string
	severity := finding.Warning
	for _, o := range c.certificatesOf(i) {
		ready := o.Conditions.Is("Ready", "True")
		if i.ACME.ExternalAccountKey != nil && !c.provesNames(o) {
			continue
		}
		for _, n := range unsolvedNames(i, o) {
			if canSolveLike(i, n.name) {
				continue
			}
			if !ready {
				severity = finding.Error
			}
			if !slices.Contains(names, n.name) {
				names = append(names, n.name)
			}
		}
	}
	if len(names) == 0 {
		return
	}
	var types []string
	for s := range i.ACME.Solvers {
		types = append(types, solverTitle(&i.ACME.Solvers[s]))
	}
	f := finding.Finding{
		ID: "ISS08", Severity: severity, Object: i.Object,
		What:     fmt.Sprintf("%s has no %s solver, which %s needs.", issuerTitle(i), typeFor(names[0]), some(names)),
		Evidence: quote("spec.acme.solvers", orWord(strings.Join(types, ", "), "[]")),
		Fix:      []finding.Step{do("Add a " + typeFor(names[0]) + " solver:"), editIssuer(i)},
		Docs:     "https://cert-manager.io/docs/configuration/acme/",
	}
	if isWildcard(names[0]) {
		f.Cause = "CAs prove a wildcard by a TXT record in DNS only."
	}
	c.add(blocks, f)
}

// provesNames reports whether an order of the Certificate waits for proofs.
func (c *checker) provesNames(o *chain.Certificate) bool {
	return slices.ContainsFunc(c.attemptsOf(o), func(x attempt) bool { return x.order.State == "pending" })
}

// checkProviders is about solvers that are written so that they cannot work, or not be
// chosen.
func (c *checker) checkProviders(i *chain.Issuer) {
	for n := range i.ACME.Solvers {
		s := &i.ACME.Solvers[n]
		switch {
		case s.DNS01 == nil:
		case len(s.DNS01.Providers) > 1:
			c.add(aside, finding.Finding{
				ID: "ISS09", Severity: finding.Warning, Object: i.Object,
				What:     fmt.Sprintf("solvers[%d] of %s has %d DNS providers, and cert-manager takes one of them.", n, issuerTitle(i), len(s.DNS01.Providers)),
				Evidence: quote(fmt.Sprintf("spec.acme.solvers[%d].dns01", n), strings.Join(s.DNS01.Providers, ", ")),
				Fix:      []finding.Step{do("Make a solver of each, with a selector."), editIssuer(i)},
			})
		case c.shadowedBy(i, n) >= 0:
			c.add(aside, finding.Finding{
				ID: "ISS09", Severity: finding.Info, Object: i.Object,
				What: fmt.Sprintf("solvers[%d] of %s is never used: solvers[%d] is for the same names and comes first.", n, issuerTitle(i), c.shadowedBy(i, n)),
				Fix:  []finding.Step{do("Give one of them a selector of its own, or delete it."), editIssuer(i)},
			})
		default:
			c.checkPinnedZone(i, n)
		}
	}
}

// shadowedBy is the index of a solver by DNS before the n-th with the same selector; -1
// if there is none.
func (c *checker) shadowedBy(i *chain.Issuer, n int) int {
	return slices.IndexFunc(i.ACME.Solvers[:n], func(s chain.Solver) bool {
		return s.DNS01 != nil && reflect.DeepEqual(s.Selector, i.ACME.Solvers[n].Selector)
	})
}

// checkPinnedZone finds names that one hosted zone cannot hold together: those whose
// last two labels differ. Where _acme-challenge is a CNAME that is followed, it may.
func (c *checker) checkPinnedZone(i *chain.Issuer, n int) {
	dns := i.ACME.Solvers[n].DNS01
	if dns.Route53 == nil || dns.Route53.HostedZoneID == "" || dns.FollowCNAME {
		return
	}
	var first, other string
	ready := true
	for _, o := range c.certificatesOf(i) {
		for _, name := range o.DNSNames {
			if chosen, _ := selectSolver(i.ACME.Solvers, o.Labels, name, false); chosen != n {
				continue
			}
			ready = ready && o.Conditions.Is("Ready", "True")
			switch {
			case first == "":
				first = name
			case other == "" && lastLabels(name) != lastLabels(first):
				other = name
			}
		}
	}
	if other == "" {
		return
	}
	p, severity := blocks, finding.Error
	if ready {
		p, severity = aside, finding.Warning
	}
	c.add(p, finding.Finding{
		ID: "ISS09", Severity: severity, Object: i.Object,
		What:     fmt.Sprintf("solvers[%d] of %s writes into one hosted zone, which cannot have both %s and %s.", n, issuerTitle(i), first, other),
		Evidence: quote(fmt.Sprintf("spec.acme.solvers[%d].dns01.route53.hostedZoneID", n), dns.Route53.HostedZoneID),
		Fix: []finding.Step{
			do("Make a solver for each zone, with dnsZones in its selector. Or leave hostedZoneID out: cert-manager then finds the zone itself, and needs the right route53:ListHostedZonesByName."),
			editIssuer(i),
		},
		Docs: "https://cert-manager.io/docs/configuration/acme/dns01/route53/",
	})
}

// lastLabels are the last two labels of a name: no zone of a user is above them.
func lastLabels(name string) string {
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(name, ".")), ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}
