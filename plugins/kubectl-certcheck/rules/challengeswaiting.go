package rules

import (
	"fmt"
	"strconv"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// waitingUsual is how long a challenge may wait for others: a wildcard and its apex are
// proved one after the other.
const waitingUsual = 10 * time.Minute

// defaultConcurrent is the default of --max-concurrent-challenges.
const defaultConcurrent = 60

// checkWaitingChallenge says whom a challenge waits for that was not started: one at a
// time for a name and a type runs in the whole cluster, and so many of all.
func (c *checker) checkWaitingChallenge(p proof) {
	age := chain.Age(c.Now, p.Challenge.Created)
	f := finding.Finding{
		ID: "CHAL05", Severity: finding.Warning, Object: p.Challenge.Object,
		Evidence: quote("status.processing", "false"),
		Retry:    "it starts by itself when the other one is over",
	}
	if age <= waitingUsual {
		f.Severity = finding.Info
	}
	other := c.before(p.Challenge)
	running, most := c.concurrent()
	switch {
	case other != nil:
		c.waitsFor(&f, p, other)
	case running >= most:
		f.What = fmt.Sprintf("The challenge for %s waits: cert-manager runs %d at a time, and %d are under way.", p.domain(), most, running)
		f.Evidence = append(f.Evidence, quote("--max-concurrent-challenges", strconv.Itoa(most))...)
		f.Retry = "it starts by itself when others are over"
		f.Fix = []finding.Step{do("Find those that hang, and delete the orders that nobody needs:"), run("kubectl get challenges -A --sort-by=.metadata.creationTimestamp")}
	case age > waitingUsual:
		f.What = fmt.Sprintf("The challenge for %s was made %s ago, and cert-manager has not started it, though none stands before it.", p.domain(), span(age))
		f.Evidence = append(f.Evidence, quote("metadata.creationTimestamp", p.Challenge.Created.Format(time.RFC3339))...)
		f.Retry = ""
		f.Fix = []finding.Step{do("See whether cert-manager's controller works:"), run(c.logsOfController())}
	default:
		return
	}
	c.add(symptom, f)
}

func (c *checker) waitsFor(f *finding.Finding, p proof, other *chain.Challenge) {
	name := other.Namespace + "/" + other.Name
	f.What = fmt.Sprintf("The challenge for %s waits for the challenge %s, which is for the same name: cert-manager runs one at a time.", p.domain(), name)
	f.Evidence = append(f.Evidence, quote("challenge "+name+" status.state", orNone(other.State))...)
	f.Evidence = append(f.Evidence, quote("challenge "+name+" status.reason", other.Reason)...)
	if !other.Deleting.IsZero() {
		f.Evidence = append(f.Evidence, quote("challenge "+name+" metadata.deletionTimestamp", other.Deleting.Format(time.RFC3339))...)
	}
	if other.Wildcard != p.Wildcard {
		f.Cause = "A wildcard and its apex are proved by the same TXT record, one after the other. That is usual, unless the first does not get on."
	}
	if f.Severity == finding.Info {
		return
	}
	theirs := proof{Challenge: other}
	f.Fix = []finding.Step{
		do("Remove what keeps the other challenge from getting on. If nobody needs its Certificate any more, delete that, or else the challenge, so that this one may come first:"),
		theirs.deleteStep(),
	}
}

// before is the challenge for the same name that runs, whatever its state, else the one
// that will come first; nil if there is none.
func (c *checker) before(ch *chain.Challenge) *chain.Challenge {
	var first *chain.Challenge
	for _, other := range c.Challenges {
		if other == ch || other.DNSName != ch.DNSName || other.Type != ch.Type {
			continue
		}
		if other.Processing {
			return other
		}
		if !other.Ended() && other.Created.Before(ch.Created) && (first == nil || other.Created.Before(first.Created)) {
			first = other
		}
	}
	return first
}

// concurrent is how many challenges run, and how many may.
func (c *checker) concurrent() (running, most int) {
	for _, ch := range c.Challenges {
		if ch.Processing {
			running++
		}
	}
	if controller := c.Controller(); controller != nil {
		if text, ok := controller.Flag("max-concurrent-challenges"); ok {
			if n, err := strconv.Atoi(text); err == nil && n > 0 {
				return running, n
			}
		}
	}
	return running, defaultConcurrent
}
