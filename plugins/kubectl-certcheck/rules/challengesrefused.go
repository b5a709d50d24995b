package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// verdict is what a CA said of a proof. dig says that the answer lies in DNS.
type verdict struct {
	texts []string // of the reason, in lower case
	what  string   // a clause about the CA
	cause string
	dig   bool
}

func verdicts() []verdict {
	return []verdict{
		{[]string{"incorrect txt record"}, "it found another TXT record", "Either a record of an earlier try is left, or the public nameservers are those of another zone of the same name, and not of the one that cert-manager writes to.", true},
		{[]string{"no txt record found", "nxdomain"}, "it found no TXT record", "The zone that cert-manager writes to is not the one that the parent zone delegates to, or not all nameservers had the record yet.", true},
		{[]string{"servfail", "dnssec", "query timed out", "error:dns"}, "its look-up in DNS failed", "The nameservers of the zone do not answer, or DNSSEC is broken: the CA checks it.", true},
		{[]string{"error:connection", "connection refused", "timeout during connect"}, "it could not connect to the host", "The CA comes from the Internet, to port 80, by IPv6 where the name has an AAAA record.", false},
		{[]string{"error:unauthorized", "invalid response from"}, "what it was answered is not the proof", "", false},
		{[]string{"error:ratelimited"}, "it allows no more for now", "", false},
		{[]string{""}, "it did not accept the proof", "", false},
	}
}

// checkRefusedChallenge is about a proof that the CA has looked at. What a CAA record
// forbids is said of the order.
func (c *checker) checkRefusedChallenge(p proof) {
	if isCAA(p.Reason) {
		return
	}
	var v verdict
	for _, v = range verdicts() {
		if containsAny(p.Reason, v.texts) {
			break
		}
	}
	f := finding.Finding{
		ID: "CHAL04", Severity: finding.Error, Object: p.Challenge.Object,
		What:     fmt.Sprintf("The CA does not accept the proof for %s: %s.", p.domain(), v.what),
		Evidence: quote("status.reason", p.Reason), Cause: v.cause,
		Docs: "https://cert-manager.io/docs/troubleshooting/acme/",
	}
	if p.Reason == "" {
		f.Evidence = eventEvidence(c.LastEvent(&p.Challenge.Meta, "Failed"))
	}
	switch {
	case p.dns():
		f.Fix = p.compareZones()
	case v.dig:
		f.Fix = []finding.Step{run("dig +trace A " + script.Quote(p.DNSName))}
	default:
		f.Fix = seeAnswer(p)
	}
	c.again(&f, p.certificate)
	c.add(blocks, f)
}

// compareZones shows the nameservers of the public zone and of the one that is written
// to, which have to be the same.
func (p *proof) compareZones() []finding.Step {
	steps := []finding.Step{
		run("dig +short TXT " + script.Quote(p.record()) + " @1.1.1.1"),
		run("dig +trace NS " + script.Quote(p.DNSName)),
	}
	dns := p.Solver.DNS01
	switch {
	case dns == nil || dns.Route53 == nil:
	case dns.Route53.HostedZoneID != "":
		steps = append(steps, run("aws route53 get-hosted-zone --id "+script.Quote(dns.Route53.HostedZoneID)+" --query DelegationSet.NameServers"))
	default:
		steps = append(steps, do("Look whether Route 53 has more than one hosted zone of the name; the NS records at the parent have to be those of the one that is written to:"),
			run("aws route53 list-hosted-zones-by-name --dns-name "+script.Quote(p.DNSName)+" --max-items 3"))
	}
	return steps
}

// verified reports whether the CA has verified a challenge, whatever its state says:
// cert-manager may accept it a second time after that, and takes the CA's refusal for the
// end. The order goes on all the same.
func (c *checker) verified(o *chain.Challenge) bool {
	return strings.Contains(o.Reason, "challenge with status valid") || c.LastEvent(&o.Meta, "DomainVerified") != nil
}

// checkEndedChallenge is about a challenge that ended without a verdict of the CA. It
// will not be tried again; the Certificate makes another order.
func (c *checker) checkEndedChallenge(p proof) {
	if c.verified(p.Challenge) {
		return
	}
	f := finding.Finding{ID: "CHAL07", Severity: finding.Error, Object: p.Challenge.Object, Evidence: quote("status.reason", p.Reason)}
	if p.Reason == "" {
		f.Evidence = quote("status.state", p.State)
	}
	switch {
	case p.State == "expired":
		f.What = fmt.Sprintf("The challenge for %s has expired.", p.domain())
		f.Cause = "The CA's deadline passed before the proof was in its place, or the CA does not know the challenge any more."
	case strings.Contains(p.Reason, "unexpected non-ACME API error"):
		f.What = fmt.Sprintf("The challenge for %s was given up after an error between cert-manager and the CA.", p.domain())
		f.Cause = "One failed request, as of the network, is enough in many versions of cert-manager. If it happens again, look at egress, proxy and DNS of cert-manager's pod."
	default:
		f.What = fmt.Sprintf("The challenge for %s was given up.", p.domain())
	}
	c.again(&f, p.certificate)
	c.add(blocks, f)
}
