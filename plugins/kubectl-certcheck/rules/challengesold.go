package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// oldProblem is what the condition Ready of a Certificate of v1alpha1 says of its
// challenges.
type oldProblem struct {
	text  string // of the message, in lower case
	what  string // with the domain
	cause string
	// usual says that it is so for a while in any case.
	usual bool
}

// oldProblems are the messages of cert-manager v0.3, of pkg/issuer/acme/prepare.go; the
// misspelt one is theirs.
func oldProblems() []oldProblem {
	return []oldProblem{
		{"dns-01 self check failed for domain", "cert-manager does not see the TXT record for %s", "The record needs some minutes. Later than that, it is in a zone that is not the public one, or cert-manager's nameservers do not see it (--dns01-nameservers).", true},
		{"http-01 self check failed for domain", "cert-manager does not get its own answer for %s by HTTP", "The path /.well-known/acme-challenge/ of the host has to come to cert-manager's solver. Istio's gateways do not route it there: use dns01.", true},
		{"another authorization for domain", "%s waits for another proof of the same domain", "A wildcard and its apex are proved by the same TXT record, one after the other.", true},
		{"is in a failed state", "the CA has refused the proof of %s", "", false},
		{"challenge for domain", "the CA has refused the proof of %s", "", false},
		{"error presenting acme authorization", "cert-manager cannot put the proof for %s in its place", "", false},
	}
}

// checkOldChallenges is for cert-manager v0.3, which has no objects for challenges: they
// are in the Certificate's status, and what is wrong with them in its conditions.
func (c *checker) checkOldChallenges(o *chain.Certificate) {
	ready := o.Conditions.Get("Ready")
	if len(o.Old) == 0 || !o.OldAPI() || ready == nil || ready.Status == "True" {
		return
	}
	age := chain.Age(c.Now, ready.Changed)
	for _, problem := range oldProblems() {
		if !containsAny(ready.Message, []string{problem.text}) {
			continue
		}
		domain := domainIn(ready.Message)
		if domain == "" {
			domain = o.Old[0].Domain
		}
		f := finding.Finding{
			ID: "CHAL08", Severity: finding.Error, Object: o.Object,
			What:     sentence(fmt.Sprintf(problem.what, domain)),
			Evidence: quote("status.conditions[Ready].message", ready.Message),
			Cause:    problem.cause,
		}
		if problem.usual && age <= propagationMost {
			f.Severity = finding.Warning
		}
		f.Evidence = append(f.Evidence, quote("status.acme.order.challenges", oldChallengeList(o.Old))...)
		f.Fix = c.oldFix(o, domain)
		f.Retry = "cert-manager tries again by itself, five minutes after a failed order"
		c.add(symptom, f)
		return
	}
}

func (c *checker) oldFix(o *chain.Certificate, domain string) []finding.Step {
	for _, ch := range o.Old {
		if ch.Domain == domain && strings.EqualFold(ch.Type, "http-01") {
			return []finding.Step{run("curl -i " + script.Quote("http://"+domain+"/.well-known/acme-challenge/"))}
		}
	}
	record := "_acme-challenge." + strings.TrimPrefix(domain, "*.")
	return []finding.Step{run("dig +short TXT " + script.Quote(record) + " @1.1.1.1"), run("dig +trace NS " + script.Quote(strings.TrimPrefix(domain, "*.")))}
}

func oldChallengeList(all []chain.OldChallenge) string {
	var names []string
	for _, ch := range all {
		name := ch.Domain
		if ch.Wildcard {
			name = "*." + name
		}
		names = append(names, name+" "+ch.Type)
	}
	return some(names)
}

// domainIn is the domain that a message names: the first word in quotes.
func domainIn(message string) string {
	_, rest, _ := strings.Cut(message, `"`)
	domain, _, found := strings.Cut(rest, `"`)
	if !found {
		return ""
	}
	return domain
}

// sentence begins with a capital, unless it begins with a name, and ends with a stop.
func sentence(clause string) string {
	for _, word := range []string{"the ", "another "} {
		if strings.HasPrefix(clause, word) {
			clause = strings.ToUpper(clause[:1]) + clause[1:]
		}
	}
	return clause + "."
}
