package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

func challengeCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "CHAL01", Severity: finding.Error, Title: "cert-manager cannot put the proof in its place"},
		{ID: "CHAL02", Severity: finding.Error, Title: "The proof is in its place, and cert-manager does not see it"},
		{ID: "CHAL03", Severity: finding.Error, Title: "cert-manager cannot look names up in DNS"},
		{ID: "CHAL04", Severity: finding.Error, Title: "The CA did not accept the proof"},
		{ID: "CHAL05", Severity: finding.Warning, Title: "A challenge waits for others"},
		{ID: "CHAL06", Severity: finding.Error, Title: "A challenge cannot be cleaned up"},
		{ID: "CHAL07", Severity: finding.Error, Title: "A challenge has ended before the CA looked"},
		{ID: "CHAL08", Severity: finding.Error, Title: "A challenge of a certificate of v1alpha1 does not get on"},
	}
}

func (c *checker) checkChallenges() {
	for _, x := range c.attempts() {
		for _, ch := range c.ChallengesOf(x.order) {
			c.checkChallenge(proof{x, ch})
		}
	}
	for _, o := range c.Certificates {
		if c.reaches(o.Object) {
			c.checkOldChallenges(o)
		}
	}
}

// proof is a challenge with what it is for.
type proof struct {
	attempt
	*chain.Challenge
}

// checkChallenge judges one challenge by how far it has come.
func (c *checker) checkChallenge(p proof) {
	switch {
	case c.checkCleanUp(p):
	case p.State == "invalid":
		c.checkRefusedChallenge(p)
	case p.State == "expired" || p.State == "errored":
		c.checkEndedChallenge(p)
	case p.Ended() || !p.Deleting.IsZero():
	case !p.Processing:
		c.checkWaitingChallenge(p)
	default:
		c.checkProof(p)
	}
}

// failedChallenge reports whether a challenge has ended badly.
func failedChallenge(ch *chain.Challenge) bool { return ch.Ended() && ch.State != "valid" }

// standingEvent is the newest event of a reason, if none of the others has come since:
// the status may lag events by a minute, and events stay after they were true.
func (c *checker) standingEvent(m *chain.Meta, reason string, overtaken ...string) *chain.Event {
	e := c.LastEvent(m, append(overtaken, reason)...)
	if e == nil || e.Reason != reason || e.LastSeen.Before(m.Created) {
		return nil
	}
	return e
}

// eventEvidence is an event's words; none for no event.
func eventEvidence(e *chain.Event) []finding.Evidence {
	if e == nil {
		return nil
	}
	return quote("event "+e.Reason, e.Message)
}

// dns reports whether the proof is a TXT record.
func (p *proof) dns() bool { return p.Type == "DNS-01" }

// record is the name of the TXT record.
func (p *proof) record() string { return "_acme-challenge." + p.DNSName }

// domain is the name that is proved.
func (p *proof) domain() string {
	if p.Wildcard {
		return "*." + p.DNSName
	}
	return p.DNSName
}

// thing is what is to be put in its place.
func (p *proof) thing() string {
	if p.dns() {
		return "the TXT record " + p.record()
	}
	return "the answer at http://" + p.DNSName + "/.well-known/acme-challenge/"
}

// deleteStep deletes the challenge: its order makes a new one at once.
func (p *proof) deleteStep() finding.Step {
	return run(fmt.Sprintf("kubectl delete challenge %s -n %s", script.Quote(p.Challenge.Name), script.Quote(p.Challenge.Namespace)))
}

// retried says when a challenge that fails is tried again.
const retried = "by itself, after pauses that double from 5 seconds up to 30 minutes; at once, if the challenge is deleted"

// isWildcard reports whether a name is one.
func isWildcard(name string) bool { return strings.HasPrefix(name, "*.") }
