package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// How long a proof may stay unseen: a record needs some minutes to reach all servers.
const (
	propagationUsual = 2 * time.Minute
	propagationMost  = 10 * time.Minute
)

// checkPropagation judges how long cert-manager has waited to see what it has set.
func (c *checker) checkPropagation(p proof) {
	reason := p.Reason
	if !strings.HasPrefix(strings.ToLower(reason), "waiting for ") {
		if p.Presented && reason != "" {
			return
		}
		reason = "" // of before, when it could not be set
	}
	if p.Solver.NoSelfCheck {
		return
	}
	since := p.PresentedAt
	if e := c.LastEvent(&p.Challenge.Meta, "Presented"); since.IsZero() && e != nil {
		since = e.LastSeen
	}
	if since.IsZero() {
		since = p.Challenge.Created
	}
	waited := chain.Age(c.Now, since)
	f := finding.Finding{
		ID: "CHAL02", Severity: finding.Info, Object: p.Challenge.Object,
		What:     fmt.Sprintf("cert-manager has waited for %s to see %s.", span(waited), p.thing()),
		Evidence: quote("status.reason", reason),
		Retry:    "cert-manager looks again every 10 seconds",
	}
	switch {
	case waited > propagationMost:
		f.Severity = finding.Error
	case waited > propagationUsual:
		f.Severity = finding.Warning
		if p.dns() {
			f.Cause = "Up to ten minutes are usual for some providers."
		}
	}
	if f.Severity != finding.Info {
		if p.dns() {
			f.Fix = c.seeRecord(p)
			f.Docs = "https://cert-manager.io/docs/configuration/acme/dns01/"
		} else {
			f.Fix = seeAnswer(p)
			f.Docs = "https://cert-manager.io/docs/configuration/acme/http01/"
		}
	}
	c.add(symptom, f)
}

// seeRecord compares what the Internet sees with what cert-manager's resolvers see.
func (c *checker) seeRecord(p proof) []finding.Step {
	steps := []finding.Step{
		do("Look from outside and from the cluster. Seen outside only: the cluster's resolver has a zone of its own. Seen nowhere: the record is in a zone that the parent does not delegate to."),
		run("dig +short TXT " + script.Quote(p.record()) + " @1.1.1.1"),
		run("kubectl run dig-txt --rm -it --restart=Never --image=busybox -- nslookup -type=TXT " + script.Quote(p.record())),
	}
	if controller := c.Controller(); controller != nil {
		if value, _ := controller.Flag("dns01-recursive-nameservers-only"); value == "true" {
			return append(steps, skipSelfCheck(c)...)
		}
	}
	steps = append(steps, do("If outside only: give cert-manager's controller the flags --dns01-recursive-nameservers-only and --dns01-recursive-nameservers=8.8.8.8:53,1.1.1.1:53."))
	return append(steps, skipSelfCheck(c)...)
}

// skipSelfCheck is of v1.21 and later.
func skipSelfCheck(c *checker) []finding.Step {
	if controller := c.Controller(); controller != nil {
		if major, minor, ok := controller.Version(); ok && (major > 1 || minor >= 21) {
			return []finding.Step{do("Or set waitInsteadOfSelfCheck of the solver, as 2m: cert-manager then does not look itself.")}
		}
	}
	return nil
}

func seeAnswer(p proof) []finding.Step {
	return []finding.Step{
		do("Ask from outside and from the cluster: 404 says that another route takes the path, a timeout that port 80 is closed or that the cluster cannot reach its own address."),
		run("curl -i " + script.Quote("http://"+p.DNSName+"/.well-known/acme-challenge/") + "$(kubectl get challenge " + script.Quote(p.Challenge.Name) + " -n " + script.Quote(p.Challenge.Namespace) + " -o jsonpath='{.spec.token}')"),
		run("kubectl get pod,service,ingress -n " + script.Quote(p.Challenge.Namespace) + " -l acme.cert-manager.io/http01-solver=true"),
	}
}

// lookupProblem is a way in which cert-manager's look-ups in DNS fail.
type lookupProblem struct{ text, cause, fix string }

// lookupProblems are by texts of pkg/issuer/acme/dns/util/wait.go, in lower case.
func lookupProblems() []lookupProblem {
	nameservers := "Give cert-manager's controller nameservers that answer: --dns01-recursive-nameservers=8.8.8.8:53,1.1.1.1:53 and --dns01-recursive-nameservers-only. See that a NetworkPolicy or firewall lets it reach port 53 by UDP and TCP."
	return []lookupProblem{
		{"could not find the soa record", "The nameservers that cert-manager asks do not know the zone: it is not public, not delegated, or they are the cluster's own.", nameservers},
		{"could not start the soa record", "The nameservers that cert-manager asks do not know the zone.", nameservers},
		{"when querying the soa record", "A nameserver answers with an error: often it is broken DNSSEC, or a delegation to servers that do not have the zone.", "Look at the delegation, and at DNSSEC."},
		{"could not determine the zone for", "The nameservers that cert-manager asks do not know the zone.", nameservers},
		{"could not determine authoritative nameservers", "The zone has no NS records that can be looked up.", "Look at the delegation of the zone."},
		{"found recursive cname record", "_acme-challenge is a CNAME that leads back to itself.", "Remove the CNAME that closes the circle. To use one on purpose, set cnameStrategy: Follow in the solver."},
	}
}

func lookupProblemOf(text string) *lookupProblem {
	text = strings.ToLower(text)
	for _, l := range lookupProblems() {
		if strings.Contains(text, l.text) {
			return &l
		}
	}
	// "NS ns1.example.com. returned REFUSED for _acme-challenge…"
	if _, rest, found := strings.Cut(text, "ns "); found && strings.Contains(rest, " returned ") && strings.Contains(rest, " for _acme-challenge.") {
		return &lookupProblem{cause: "A nameserver of the zone does not answer for it: the delegation names one that does not have the zone.", fix: "Make the NS records at the parent, and those in the zone, the servers that have the zone."}
	}
	return nil
}

func (c *checker) addLookup(p proof, l *lookupProblem, event *chain.Event) {
	f := finding.Finding{
		ID: "CHAL03", Severity: finding.Error, Object: p.Challenge.Object,
		What:     fmt.Sprintf("cert-manager cannot look up %s in DNS.", p.record()),
		Evidence: append(eventEvidence(event), quote("status.reason", p.Reason)...),
		Cause:    l.cause,
		Fix:      []finding.Step{run("dig +trace SOA " + script.Quote(p.DNSName)), do(l.fix)},
		Retry:    retried,
		Docs:     "https://cert-manager.io/docs/configuration/acme/dns01/",
	}
	c.add(blocks, f)
}
