package rules

import (
	"fmt"
	"slices"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// certPatience is how long a first issuance may take: DNS-01 needs a few minutes.
const certPatience = 10 * time.Minute

// certNeverIssued: that the Secret does not exist is what begins an issuance, and not
// what is wrong with it (cert-manager#7276). So this is a symptom of whatever is.
func (c *checker) certNeverIssued(i *issuance) {
	if i.UID == "" || i.loses() || !c.certEmpty(i) {
		return
	}
	for _, id := range []string{"CRT02", "CRT10", "CRT11"} {
		if c.has(id, i.Object) {
			return // says the same, and more
		}
	}
	f := finding.Finding{
		ID: "CRT01", Severity: finding.Error, Object: i.Object,
		Evidence: slices.Concat(i.conditionWords("Ready"), certDiffering(i.conditionWords("Issuing"), i.conditionWords("Ready")), i.requestWords()),
		Docs:     "https://cert-manager.io/docs/troubleshooting/",
	}
	begun := i.Created
	// v0.3 tells of a missing issuer in an event only.
	noticed := i.Conditions.Get("Ready") != nil || len(c.EventsOf(&i.Meta)) > 0
	issuing := i.Conditions.Get("Issuing")
	if issuing != nil && issuing.Status == "True" && i.Revision > 0 {
		begun = issuing.Changed
	}
	age := span(chain.Age(c.Now, begun))
	switch {
	case !noticed:
		f.What = fmt.Sprintf("cert-manager has taken no notice of the Certificate since it was made %s ago: it has no status.", age)
		f.Fix = c.certLookAtController(i)
	case i.Revision > 0:
		f.What = fmt.Sprintf("The certificate in Secret %s is gone, and a new one has been in the making for %s.", i.SecretName, age)
	default:
		f.What = fmt.Sprintf("The certificate was never issued: Secret %s has been waiting for it for %s.", i.SecretName, age)
	}
	if noticed {
		f.Cause = c.certWithoutRequest(i)
		f.Evidence = append(f.Evidence, c.certRefusedRequest(i)...)
		f.Fix = []finding.Step{do("Look at what it is made by, from the request down:"), c.certLookDown(i)}
	}
	if chain.Age(c.Now, begun) < certPatience && i.LastFailure.IsZero() {
		f.Severity, f.Cause, f.Fix = finding.Info, "", nil
		f.Retry = "A first issuance takes some minutes."
	}
	c.add(symptom, f)
}

// certEmpty reports whether the Secret of a Certificate has no certificate, by the Secret
// or, where it cannot be seen, by the Certificate's own word.
func (c *checker) certEmpty(i *issuance) bool {
	ready := i.Conditions.Get("Ready")
	if ready != nil && ready.Status == "True" {
		return false
	}
	if secret := c.Secret(i.Secret()); secret != nil {
		return !secret.Has("tls.crt")
	}
	if c.Absence("Secret", i.Namespace) == chain.Gone {
		return true
	}
	return ready != nil && (ready.Reason == "DoesNotExist" || ready.Reason == "MissingData")
}

// certDiffering leaves out evidence that repeats the text of other evidence.
func certDiffering(some, others []finding.Evidence) []finding.Evidence {
	if len(some) == 1 && len(others) == 1 && some[0].Text == others[0].Text {
		return nil
	}
	return some
}

// certWithoutRequest says so where nobody has been asked for the certificate yet.
func (c *checker) certWithoutRequest(i *issuance) string {
	if i.OldAPI() || c.Absence("CertificateRequest", i.Namespace) != chain.Gone || i.request != nil && (i.request.Revision < 0 || i.request.Revision > i.Revision) {
		return ""
	}
	return "cert-manager has made no CertificateRequest for it."
}

// certRefusedRequest is what the API said when cert-manager made the request: a quota, a
// webhook.
func (c *checker) certRefusedRequest(i *issuance) []finding.Evidence {
	if e := c.LastEvent(&i.Meta, "RequestFailed"); e != nil && i.since(e) {
		return quote("event RequestFailed", e.Message)
	}
	return nil
}

func (c *checker) certLookDown(i *issuance) finding.Step {
	if i.OldAPI() {
		return i.kubectl("describe")
	}
	return run(script.Command("kubectl", "describe", "certificaterequests,orders,challenges", "-n", i.Namespace))
}

// certLookAtController is what to do when cert-manager does nothing.
func (c *checker) certLookAtController(i *issuance) []finding.Step {
	namespace, name := "cert-manager", "cert-manager"
	if controller := c.Controller(); controller != nil {
		namespace, name = controller.Workload.Namespace, controller.Workload.Name
	}
	steps := []finding.Step{
		do("See whether the controller runs and what it says of the Certificate, then let it begin anew."),
		run(script.Command("kubectl", "logs", "deployment/"+name, "-n", namespace, "--since=1h") + " | grep " + script.Quote(i.Name)),
		run(script.Command("kubectl", "rollout", "restart", "deployment/"+name, "-n", namespace)),
	}
	if !i.OldAPI() {
		steps = append(steps, i.renew())
	}
	return steps
}

// certFailed: the issuance has ended in a failure, for which some deeper link has the
// reason.
func (c *checker) certFailed(i *issuance) {
	condition := "Issuing"
	if i.Conditions.Get(condition) == nil {
		condition = "Ready" // before v0.16
	}
	last := i.Conditions.Get(condition)
	if i.LastFailure.IsZero() || last == nil || last.Status != "False" || i.loses() || i.stale(last) {
		return
	}
	retry := i.LastFailure.Add(c.certBackoff(i.Certificate))
	f := finding.Finding{
		ID: "CRT02", Severity: c.certGrave(i), Object: i.Object, RetryAt: retry,
		What:     fmt.Sprintf("The last attempt to issue the certificate failed %s ago%s.", span(chain.Age(c.Now, i.LastFailure)), certAttempts(i.FailedAttempts)),
		Evidence: i.conditionWords(condition),
		Fix:      []finding.Step{do("Mend the cause; then do not wait for the next try:"), i.renew()},
		Docs:     "https://cert-manager.io/docs/troubleshooting/",
	}
	if condition == "Ready" {
		f.Fix = []finding.Step{do("Mend the cause; the events say what it is."), i.kubectl("describe")}
	}
	if l, ok := i.lifetime(); ok && f.Severity == finding.Warning && retry.After(l.NotAfter) {
		f.Severity = finding.Error
		f.Cause = fmt.Sprintf("The present certificate ends on %s, before the next try.", l.NotAfter.UTC().Format("2006-01-02 15:04 MST"))
	}
	if !retry.After(c.Now) {
		f.RetryAt, f.Retry = time.Time{}, fmt.Sprintf("The next try was due %s ago.", span(c.Now.Sub(retry)))
	}
	c.add(symptom, f)
}

func certAttempts(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf(", the %s in a row", certOrdinal(n))
}

func certOrdinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, suffix)
}

// certBackoff is how long cert-manager waits after a failure, from its beginning: the
// minimum, doubled with each failure in a row up to the maximum
// (pkg/controller/certificates/trigger of v1.21).
func (c *checker) certBackoff(o *chain.Certificate) time.Duration {
	least := c.certControllerFlag("certificate-request-minimum-backoff-duration", time.Hour)
	most := c.certControllerFlag("certificate-request-maximum-backoff-duration", 32*time.Hour)
	if least <= 0 {
		return 0
	}
	wait := least
	for n := 1; n < o.FailedAttempts && wait < most; n++ {
		wait *= 2
	}
	return max(least, min(wait, most))
}

// certUnendedAfter is how long a renewal may take.
const certUnendedAfter = time.Hour

// certUnended: there is a certificate, and the next one does not come.
func (c *checker) certUnended(i *issuance) {
	issuing := i.Conditions.Get("Issuing")
	if issuing == nil || issuing.Status != "True" || i.loses() || c.certEmpty(i) || chain.Age(c.Now, issuing.Changed) < certUnendedAfter {
		return
	}
	f := finding.Finding{
		ID: "CRT22", Severity: c.certGrave(i), Object: i.Object,
		What:     fmt.Sprintf("A new certificate has been in the making for %s.", span(chain.Age(c.Now, issuing.Changed))),
		Evidence: slices.Concat(i.conditionWords("Issuing"), i.requestWords(), c.certRefusedRequest(i)),
		Cause:    c.certWithoutRequest(i),
		Fix:      []finding.Step{do("Look at what it is made by, from the request down:"), c.certLookDown(i)},
		Docs:     "https://cert-manager.io/docs/troubleshooting/",
	}
	c.add(symptom, f)
}

// certNotBegun: an issuance is due, and nothing says that cert-manager knows
// (cert-manager#3481, #4575).
func (c *checker) certNotBegun(i *issuance) {
	if i.UID == "" || i.loses() || i.Conditions.Is("Issuing", "True") || len(i.Old) > 0 {
		return
	}
	if i.OldAPI() && !i.Conditions.Is("Ready", "True") {
		return // v0.3 says there what it is at
	}
	if i.Windows > 0 && i.RenewalTime.IsZero() {
		return // when is not known: see CRT13
	}
	due, what, rest := i.LastFailure, "The next try after the last failure", quote("status.lastFailureTime", i.LastFailure.Format(time.RFC3339))
	grace := time.Hour
	if !due.IsZero() {
		due = due.Add(c.certBackoff(i.Certificate))
	}
	if i.leaf != nil {
		renewal := c.renewalOf(i.Certificate, i.leaf)
		if renewal.IsZero() || !renewal.After(i.leaf.NotBefore) {
			return // never, or always: see CRT13 and CRT21
		}
		if renewal.After(due) {
			due, what, rest = renewal, "The renewal", quote("due for renewal at", renewal.Format(time.RFC3339))
			grace = max(grace, i.leaf.Length()/50)
		}
	}
	if due.IsZero() || c.Now.Sub(due) < grace || i.request != nil && i.request.Created.After(due) {
		return
	}
	c.add(symptom, finding.Finding{
		ID: "CRT18", Severity: finding.Warning, Object: i.Object,
		What:     fmt.Sprintf("%s was due %s ago, and cert-manager has not begun it.", what, span(c.Now.Sub(due))),
		Evidence: append(rest, i.conditionWords("Issuing")...),
		Cause:    "Neither the condition Issuing nor a CertificateRequest tells of an issuance: the controller is down, or has stopped looking at the Certificate.",
		Fix:      c.certLookAtController(i),
	})
}
