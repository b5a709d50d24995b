package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// refusedOrder is what is known of an order that has failed.
type refusedOrder struct {
	attempt
	issuer *chain.Issuer // nil: not found
	// reason is the CA's or cert-manager's word, source where it stands.
	reason, source string
}

// orderRefusal is what is said of a failed order whose reason has one of the texts, in
// lower case.
type orderRefusal struct {
	texts []string
	say   func(*checker, *refusedOrder) finding.Finding
}

func orderRefusals() []orderRefusal {
	return []orderRefusal{
		{rateLimitTexts(), (*checker).orderLimited},
		{[]string{"does not advertise a profile with name", "does not support profiles", "error:invalidprofile"}, (*checker).orderProfile},
		{caaTexts(), (*checker).orderCAA},
		{[]string{""}, (*checker).orderRefused},
	}
}

// checkRefusedOrder says why an order has failed, unless one of its challenges says it:
// the reason of an order that is invalid is empty.
func (c *checker) checkRefusedOrder(x attempt) {
	r := &refusedOrder{x, c.issuerOf(x), x.order.Reason, "status.reason"}
	for _, ch := range c.ChallengesOf(x.order) {
		if r.reason != "" || !failedChallenge(ch) {
			continue
		}
		if !isCAA(ch.Reason) {
			return
		}
		r.reason, r.source = ch.Reason, fmt.Sprintf("challenge %s status.reason", ch.Name)
	}
	for _, rule := range orderRefusals() {
		if containsAny(r.reason, rule.texts) {
			f := rule.say(c, r)
			f.Severity, f.Object = finding.Error, x.order.Object
			f.Evidence = append(quote(r.source, r.reason), f.Evidence...)
			p := blocks
			if r.reason == "" {
				p = symptom
			}
			c.add(p, f)
			return
		}
	}
}

func caaTexts() []string { return []string{"error:caa", "caa record for"} }

func isCAA(reason string) bool { return containsAny(reason, caaTexts()) }

// containsAny reports whether one of the texts, in lower case, is in a message.
func containsAny(message string, texts []string) bool {
	message = strings.ToLower(message)
	for _, text := range texts {
		if strings.Contains(message, text) {
			return true
		}
	}
	return false
}

func (c *checker) orderLimited(r *refusedOrder) finding.Finding {
	limit := rateLimitOf(r.reason)
	f := finding.Finding{
		ID: "ORD02", What: fmt.Sprintf("The CA refuses the order for %s: %s.", some(r.order.DNSNames), limit.what),
		Fix:  []finding.Step{do(limit.free), do("Do not delete the Certificate, its Secret or its requests: each new order counts. Test with the CA's staging server.")},
		Docs: "https://letsencrypt.org/docs/rate-limits/",
	}
	switch at := retryAfter(r.reason); {
	case at.After(c.Now):
		f.RetryAt = at
		f.Retry = "the CA takes the order again from then on"
		f.Fix = append(f.Fix, do("From then on:"), renewStep(r.certificate))
	case at.IsZero():
		if next := c.nextIssuance(r.certificate); next.After(c.Now) {
			f.RetryAt = next
		}
	default:
		f.Cause = "The time after which the CA takes the order again, " + at.UTC().Format("2006-01-02 15:04 UTC") + ", has passed."
		c.again(&f, r.certificate)
	}
	return f
}

func (c *checker) orderProfile(r *refusedOrder) finding.Finding {
	f := finding.Finding{ID: "ORD03", What: fmt.Sprintf("The CA has no certificate profile %q.", r.order.Profile)}
	if strings.Contains(strings.ToLower(r.reason), "does not support profiles") {
		f.What = fmt.Sprintf("The CA has no certificate profiles, and the issuer asks for %q.", r.order.Profile)
	}
	if r.order.Profile == "tlsclient" {
		f.Cause = "Let's Encrypt ended the profile tlsclient on 2026-07-08."
	}
	if r.issuer != nil && r.issuer.ACME != nil && r.issuer.ACME.Profile != "" {
		f.Evidence = quote(issuerTitle(r.issuer)+" spec.acme.profile", r.issuer.ACME.Profile)
		f.Fix = append(f.Fix, patchIssuerStep(r.issuer, `{"op":"remove","path":"/spec/acme/profile"}`))
	}
	f.Docs = "https://letsencrypt.org/docs/profiles/"
	c.again(&f, r.certificate)
	return f
}

func (c *checker) orderCAA(r *refusedOrder) finding.Finding {
	name := wordAfter(r.reason, "CAA record for ")
	if name == "" {
		name = "one of " + some(r.order.DNSNames)
	}
	record := "0 issue with the name that the CA documents"
	if r.issuer != nil && r.issuer.ACME != nil && strings.Contains(r.issuer.ACME.Server, "letsencrypt.org") {
		record = `0 issue "letsencrypt.org"`
		if slices.ContainsFunc(r.order.DNSNames, isWildcard) {
			record += ` and 0 issuewild "letsencrypt.org"`
		}
	}
	f := finding.Finding{
		ID: "ORD04", What: fmt.Sprintf("A CAA record in DNS forbids the CA to issue for %s.", name),
		Cause: "The CA takes the CAA records of the name itself, or of the nearest parent that has any. If they cannot be looked up, it refuses as well.",
		Fix:   []finding.Step{do("Add a CAA record beside the one that is there: " + record + ".")},
		Docs:  "https://letsencrypt.org/docs/caa/",
	}
	if !strings.Contains(name, " ") {
		f.Fix = append([]finding.Step{run("dig +short CAA " + script.Quote(strings.TrimPrefix(name, "*.")))}, f.Fix...)
	}
	c.again(&f, r.certificate)
	return f
}

// wordAfter is the word behind some text in a message; empty if that is not there.
func wordAfter(message, text string) string {
	_, rest, _ := strings.Cut(message, text)
	word, _, _ := strings.Cut(rest, " ")
	return strings.Trim(word, `".,;:`)
}
