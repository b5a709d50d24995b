package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkProof judges a challenge under way: its proof is not in place, or not seen.
func (c *checker) checkProof(p proof) {
	event := c.standingEvent(&p.Challenge.Meta, "PresentError", "Presented", "Started")
	presented := p.Presented || c.standingEvent(&p.Challenge.Meta, "Presented", "PresentError") != nil
	text := p.Reason
	if event != nil {
		text += "\n" + event.Message
	}
	if lookup := lookupProblemOf(text); lookup != nil {
		c.addLookup(p, lookup, event)
		return
	}
	switch {
	case presented && event == nil:
		c.checkPropagation(p)
	case event != nil || p.Reason != "":
		c.addNotPresented(p, event)
	case chain.Age(c.Now, p.Challenge.Created) > waitingUsual:
		c.addSilent(p)
	}
}

// addSilent is about a challenge that runs and of which nothing is said: while the CA
// cannot be reached, the error is in cert-manager's log alone.
func (c *checker) addSilent(p proof) {
	c.add(symptom, finding.Finding{
		ID: "CHAL01", Severity: finding.Warning, Object: p.Challenge.Object,
		What:     fmt.Sprintf("cert-manager has worked on the challenge for %s for %s, and says nothing of it.", p.domain(), span(chain.Age(c.Now, p.Challenge.Created))),
		Evidence: append(quote("metadata.creationTimestamp", p.Challenge.Created.Format(time.RFC3339)), quote("status.state", orNone(p.State))...),
		Fix:      []finding.Step{run(c.logsOfController() + " | grep -F " + script.Quote(p.Challenge.Name)), do("Or have it tried again at once:"), p.deleteStep()},
		Retry:    retried,
	})
}

// addNotPresented says that the provider's call failed, in its words. Rules about
// credentials know more, and are deeper.
func (c *checker) addNotPresented(p proof, event *chain.Event) {
	f := finding.Finding{
		ID: "CHAL01", Severity: finding.Error, Object: p.Challenge.Object,
		What:     fmt.Sprintf("cert-manager cannot set %s by %s.", p.thing(), solverTitle(&p.Solver)),
		Evidence: eventEvidence(event),
		Retry:    retried,
	}
	if event == nil || !strings.Contains(event.Message, p.Reason) {
		f.Evidence = append(f.Evidence, quote("status.reason", p.Reason)...)
	}
	f.Cause = c.credentialsOf(p)
	if !p.dns() {
		f.Cause = "To answer by HTTP, cert-manager makes a pod, a Service, and an Ingress or HTTPRoute in the namespace of the challenge."
	}
	if event == nil && strings.Contains(p.Reason, "<redacted") {
		f.Cause += " The status leaves the provider's words out; they were in an event, which is gone after an hour, and are in cert-manager's log."
		f.Fix = append(f.Fix, run(c.logsOfController()+" | grep -F "+script.Quote(p.Challenge.Name)))
	}
	f.Fix = append(f.Fix, do("When the cause is removed, wait, or have it tried again at once:"), p.deleteStep())
	c.add(symptom, f)
}

// credentialsOf names the Secrets that the provider's calls are made with.
func (c *checker) credentialsOf(p proof) string {
	issuer := c.issuerOf(p.attempt)
	if !p.dns() || p.Solver.DNS01 == nil || issuer == nil {
		return ""
	}
	var names []string
	for _, ref := range p.Solver.DNS01.Secrets {
		if n := (chain.Name{Namespace: c.CredentialNamespace(issuer), Name: ref.Name}).String(); !contains(names, n) {
			names = append(names, n)
		}
	}
	if names == nil {
		return "The solver names no Secret: the credentials are those of cert-manager's own pod."
	}
	return "The credentials are in the Secret " + some(names) + "."
}

// cleanUpMayTake is how long a challenge may be in deletion.
const cleanUpMayTake = 5 * time.Minute

// checkCleanUp is about a challenge whose proof cannot be removed: one that is deleted
// stays, and one that is valid keeps others of its name from starting.
func (c *checker) checkCleanUp(p proof) bool {
	event := c.standingEvent(&p.Challenge.Meta, "CleanUpError", "Presented", "PresentError")
	failed := event != nil || strings.HasPrefix(p.Reason, "Error cleaning up challenge")
	if !p.Deleting.IsZero() {
		failed = failed || len(acmeFinalizers(p.Finalizers)) > 0 && chain.Age(c.Now, p.Deleting) > cleanUpMayTake
	} else {
		failed = failed && p.Ended() && p.Processing
	}
	if !failed {
		return false
	}
	f := finding.Finding{
		ID: "CHAL06", Severity: finding.Error, Object: p.Challenge.Object,
		What:     fmt.Sprintf("The challenge for %s is over, and cert-manager cannot remove %s.", p.domain(), p.thing()),
		Evidence: eventEvidence(event),
		Cause:    "Until that is done, no other challenge for the name starts.",
		Retry:    "by itself; in some versions, as v1.21, without a pause, so that the provider's limit of calls may be used up",
	}
	if event == nil || !strings.Contains(event.Message, p.Reason) {
		f.Evidence = append(f.Evidence, quote("status.reason", p.Reason)...)
	}
	if !p.Deleting.IsZero() {
		f.What = fmt.Sprintf("The challenge for %s has been in deletion for %s: cert-manager cannot remove %s.", p.domain(), span(chain.Age(c.Now, p.Deleting)), p.thing())
		f.Evidence = append(f.Evidence, quote("metadata.finalizers", strings.Join(acmeFinalizers(p.Finalizers), ", "))...)
	}
	f.Fix = []finding.Step{do("Give cert-manager back the credentials or the rights that it had when it set the record: it then goes on by itself.")}
	if p.dns() {
		f.Fix = append(f.Fix, do("Or delete the record by hand, and let the challenge go without clean-up:"))
	} else {
		f.Fix = append(f.Fix, do("Or let the challenge go without clean-up:"))
	}
	f.Fix = append(f.Fix, run(fmt.Sprintf("kubectl patch challenge %s -n %s --type=merge -p '{\"metadata\":{\"finalizers\":null}}'", script.Quote(p.Challenge.Name), script.Quote(p.Challenge.Namespace))))
	c.add(symptom, f)
	return true
}

// acmeFinalizers are those that cert-manager removes after the clean-up.
func acmeFinalizers(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(name string) bool {
		return name != "acme.cert-manager.io/finalizer" && name != "finalizer.acme.cert-manager.io" && name != "finalizer.acme.cert-manager.io/challenges"
	})
}
