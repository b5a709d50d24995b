package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// certOld judges what only v1alpha1 has: each Certificate says itself how its names are
// proved, and its conditions are all that is known of an order.
func (c *checker) certOld(i *issuance) {
	if c.solvesByItself(i) {
		c.certUnsolved(i)
		c.certNotAsked(i)
		c.certProvider(i)
	}
	c.certOldOrder(i)
}

// solvesByItself reports whether spec.acme is needed: by issuers of ACME, but not by
// those of v0.8 and later that have solvers of their own.
func (c *checker) solvesByItself(i *issuance) bool {
	if i.issuer != nil {
		return i.issuer.ACME != nil && (i.issuer.ACME.Old || len(i.issuer.ACME.Solvers) == 0)
	}
	return i.ACME != nil
}

// readyText is the message of Ready=False, if it has one of the texts, which end
// without what differs.
func (i *issuance) readyText(texts ...string) []finding.Evidence {
	ready := i.Conditions.Get("Ready")
	if ready == nil || ready.Status == "True" {
		return nil
	}
	message := strings.ToLower(ready.Message)
	if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(message, text) }) {
		return i.conditionWords("Ready")
	}
	return nil
}

// certUnsolved: names for which spec.acme says nothing. They are compared letter by
// letter, wildcards too.
func (c *checker) certUnsolved(i *issuance) {
	if i.ACME == nil {
		c.add(blocks, finding.Finding{
			ID: "CRT08", Severity: c.certGrave(i), Object: i.Object,
			What:     "The Certificate has no spec.acme, so cert-manager does not know how to prove its names.",
			Evidence: i.readyText("spec.acme must be specified"),
			Fix:      i.change("Add spec.acme.config with the domains and the solver: one item {dns01: {provider: NAME}, domains: [...]}, where NAME is one of spec.acme.dns01.providers of the issuer.", ""),
		})
		return
	}
	var missing []string
	for _, name := range i.Names().DNS {
		if !slices.Contains(missing, name) && !slices.ContainsFunc(i.ACME.Config, func(one chain.OldConfig) bool { return slices.Contains(one.Domains, name) }) {
			missing = append(missing, name)
		}
	}
	if missing == nil {
		return
	}
	c.add(blocks, finding.Finding{
		ID: "CRT07", Severity: c.certGrave(i), Object: i.Object,
		What:     fmt.Sprintf("spec.acme.config does not say how to prove %s.", some(missing)),
		Evidence: append(quote("spec.acme.config[].domains", strings.Join(i.domains(), ", ")), i.readyText("solver configuration for domain")...),
		Cause:    "Every name of spec.dnsNames, and spec.commonName, has to be in the domains of an item, letter by letter: a wildcard there does not stand for other names.",
		Fix:      i.change("Add to spec.acme.config[].domains: "+strings.Join(missing, ", ")+".", ""),
	})
}

// domains are those of spec.acme.
func (i *issuance) domains() []string {
	var all []string
	for _, one := range i.ACME.Config {
		all = append(all, one.Domains...)
	}
	return all
}

// certNotAsked: a name that could be proved, but is not asked for. It looks as if the
// certificate had it.
func (c *checker) certNotAsked(i *issuance) {
	if i.ACME == nil {
		return
	}
	names := i.Names().DNS
	f := finding.Finding{ID: "CRT06", Severity: finding.Info, Object: i.Object}
	var missing []string
	for _, domain := range i.domains() {
		if slices.Contains(names, domain) || slices.Contains(missing, domain) {
			continue
		}
		missing = append(missing, domain)
		if strings.HasPrefix(domain, "*.") {
			f.Severity = finding.Warning
		}
	}
	if missing == nil {
		return
	}
	f.What = fmt.Sprintf("spec.acme.config has domains that spec.dnsNames does not ask for: the certificate will not be for %s.", some(missing))
	f.Evidence = append(quote("spec.acme.config[].domains", strings.Join(i.domains(), ", ")), quote("spec.dnsNames", strings.Join(i.DNSNames, ", "))...)
	f.Cause = "The domains only say how a name is proved if it is asked for."
	f.Fix = i.ask(missing)
	f.Fix[0].Do = "Add to spec.dnsNames: " + strings.Join(missing, ", ") + "; or remove it from the domains."
	c.add(aside, f)
}

// certProvider: items that name a solver which the issuer does not have.
func (c *checker) certProvider(i *issuance) {
	if i.ACME == nil || i.issuer == nil {
		return
	}
	var providers []string
	byHTTP := false
	for _, solver := range i.issuer.ACME.Solvers {
		if solver.HTTP01 != nil {
			byHTTP = true
		} else {
			providers = append(providers, solver.Name)
		}
	}
	has := "has no providers for DNS-01"
	if len(providers) > 0 {
		has = "has " + some(providers)
	}
	for n, one := range i.ACME.Config {
		at := fmt.Sprintf("spec.acme.config[%d]", n)
		f := finding.Finding{ID: "CRT09", Severity: c.certGrave(i), Object: i.Object}
		switch {
		case one.Provider != "" && !slices.Contains(providers, one.Provider):
			f.What = fmt.Sprintf("%s.dns01.provider is %s, but %s %s %s.", at, one.Provider, i.issuer.Kind, i.issuer.Name, has)
			f.Evidence = i.readyText("no dns provider config specified", "invalid provider config specified")
			f.Fix = i.change("Correct the provider, or add it to spec.acme.dns01.providers of the issuer.", "")
		case one.HTTP01 && !byHTTP:
			f.What = fmt.Sprintf("%s is for HTTP-01, but %s %s has no spec.acme.http01.", at, i.issuer.Kind, i.issuer.Name)
			f.Fix = i.change("Use a provider for DNS-01, or add spec.acme.http01: {} to the issuer.", "")
		case one.Provider == "" && !one.HTTP01:
			f.What = fmt.Sprintf("%s has neither dns01.provider nor http01, so its domains cannot be proved; the issuer %s.", at, has)
			f.Fix = i.change("Add dns01: {provider: NAME}, as the issuer names it.", "")
		default:
			continue
		}
		c.add(blocks, f)
		return // one is enough to hold all up
	}
}

// certOldWait is how long v0.3 waits after a failed order.
const certOldWait = 5 * time.Minute

// certOldOrder: an order that failed, or that cannot go on.
func (c *checker) certOldOrder(i *issuance) {
	ready, failed := i.Conditions.Get("Ready"), i.Conditions.Get("ValidateFailed")
	switch {
	case ready == nil || ready.Status == "True":
	case ready.Reason == "Backoff" || failed != nil && failed.Status == "True":
		f := finding.Finding{
			ID: "CRT10", Severity: c.certGrave(i), Object: i.Object,
			What:     "The last order failed; cert-manager makes another every five minutes.",
			Evidence: append(i.conditionWords("Ready"), i.conditionWords("ValidateFailed")...),
			Fix:      []finding.Step{do("The events say what the ACME server did not like:"), i.kubectl("describe")},
		}
		if i.issuer != nil && i.issuer.ACME != nil && strings.Contains(i.issuer.ACME.Server, ".letsencrypt.org") {
			f.Cause = "That is more often than Let's Encrypt allows: after five failures within an hour it refuses orders for the name."
			f.Docs = "https://letsencrypt.org/docs/rate-limits/"
		}
		if failed != nil && !failed.Changed.IsZero() {
			if retry := failed.Changed.Add(certOldWait); retry.After(c.Now) {
				f.RetryAt = retry
			}
		}
		if f.RetryAt.IsZero() {
			f.Retry = "Within five minutes."
		}
		c.add(symptom, f)
	default:
		c.certOldRefused(i)
	}
	if len(i.Names().DNS) == 0 {
		c.add(blocks, finding.Finding{
			ID: "CRT11", Severity: c.certGrave(i), Object: i.Object,
			What:  "The Certificate has neither spec.dnsNames nor spec.commonName: no order can be made.",
			Cause: "cert-manager v0.3 says so only in its log.",
			Fix:   i.change("Add spec.dnsNames.", ""),
		})
	}
}

// certOldRefused tells what the ACME server said of the order as a whole. What it says
// of a name is CHAL08.
func (c *checker) certOldRefused(i *issuance) {
	texts := []struct{ text, what string }{
		{"failed to finalize order", "All names are proved, and yet the ACME server does not issue the certificate."},
		{"failed to create new order", "The ACME server takes no order for the certificate."},
		{"failed to get acme client", "cert-manager cannot use the ACME account of the issuer."},
		{"failed to determine order status", "cert-manager does not learn from the ACME server how the order stands."},
		{"failed to determine authorizations", "cert-manager does not learn from the ACME server which names are to be proved."},
	}
	for _, one := range texts {
		words := i.readyText(one.text)
		if words == nil {
			continue
		}
		c.add(symptom, finding.Finding{
			ID: "CRT11", Severity: c.certGrave(i), Object: i.Object, What: one.what, Evidence: words,
			Fix:   []finding.Step{do("Mend what the message says; the events tell more:"), i.kubectl("describe")},
			Retry: "cert-manager tries again by itself, ever more slowly.",
		})
		return
	}
}
