package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// checkRenewal: SEC06 of a certificate that is valid.
func (h *heldSecret) checkRenewal() {
	if h.leaf.State(h.Now) != material.Valid {
		return // SEC05
	}
	duty := h.duty()
	state := duty.state(h.Now)
	left := h.leaf.Left(h.Now)
	switch {
	case state == renewalFine && h.soon():
		h.warnEarly(duty, left)
	case state == renewalFine:
	case duty.at.IsZero():
		h.toRenewByHand(state, left)
	default:
		h.toRenew(duty, state, left)
	}
}

// soon reports whether a warning is wanted in any case.
func (h *heldSecret) soon() bool {
	return h.leaf.Left(h.Now) < min(h.WarnWithin, h.leaf.Length()/3)
}

// duty is who renews the certificate, and when.
func (h *heldSecret) duty() *renewalDuty {
	d := &renewalDuty{Lifetime: h.leaf.Lifetime}
	o := h.owner
	switch {
	case o == nil && h.filler() == "" || o != nil && o.RenewalPolicy == "Disabled":
		return d
	case o == nil:
		// The Certificate itself was not seen: what cert-manager does by default.
		d.at, d.guessed = d.Renewal(material.RenewalSpec{}).At, true
		return d
	}
	d.at = h.renewalOf(o, h.leaf)
	d.windows = o.Windows > 0 && o.RenewalTime.IsZero()
	if r := h.leaf.Renewal(h.renewalSpec(o)); r.Endless && !d.at.After(d.NotBefore) {
		// It is renewed over and over, which is another matter. Late is only one that is not.
		d.at = d.NotAfter.Add(-d.Length() / 3)
	}
	if issuing := o.Conditions.Get("Issuing"); issuing != nil && issuing.Status == "True" {
		d.issuing = issuing.Changed
	}
	d.backoff = h.backoff()
	return d
}

// filler is the Certificate that the Secret says it is filled by, where that one may
// exist though it was not seen; else empty.
func (h *heldSecret) filler() string {
	if h.Absence("Certificate", h.Namespace) == chain.Gone {
		return ""
	}
	return noted(&h.secret.Meta, "certificate-name")
}

// noted is an annotation of cert-manager's, in the group of today or the old one.
func noted(m *chain.Meta, name string) string {
	for _, group := range []string{chain.Group, chain.OldGroup} {
		if value, ok := m.Annotations[group+"/"+name]; ok {
			return value
		}
	}
	return ""
}

// backoff is how long cert-manager waits after the failures so far: an hour, doubled by
// each more, at most 32; 0 if the last issuance has not failed. Flags change both.
func (h *heldSecret) backoff() time.Duration {
	o := h.owner
	if o.FailedAttempts == 0 || o.LastFailure.IsZero() {
		return 0
	}
	wait, most := h.durationFlag("certificate-request-minimum-backoff-duration", time.Hour), h.durationFlag("certificate-request-maximum-backoff-duration", 32*time.Hour)
	for n := 1; n < o.FailedAttempts && wait < most; n++ {
		wait *= 2
	}
	return min(wait, most)
}

func (h *heldSecret) durationFlag(name string, standard time.Duration) time.Duration {
	if controller := h.Controller(); controller != nil {
		if text, ok := controller.Flag(name); ok {
			if d, err := time.ParseDuration(text); err == nil && d > 0 {
				return d
			}
		}
	}
	return standard
}

// toRenew: the time at which cert-manager renews has come, and the certificate is the
// old one.
func (h *heldSecret) toRenew(duty *renewalDuty, state renewalState, left time.Duration) {
	late := span(h.Now.Sub(duty.at))
	severity, what := finding.Info, "has been due for renewal for "+late
	switch {
	case state == renewalDue && h.soon():
		severity = finding.Warning
	case state == renewalOverdue:
		severity, what = finding.Warning, "should have been renewed "+late+" ago"
	case state == renewalCritical && h.Now.Before(duty.at):
		severity, what = finding.Error, "cannot be issued anew"
	case state == renewalCritical:
		severity, what = finding.Error, "should have been renewed "+late+" ago, and time runs out"
	}
	f := h.say(symptom, severity, "SEC06", "The certificate in Secret %s %s: it expires in %s.", h.Name, what, span(left))
	f.Evidence = append(quote(secretData(h.crtKey)+" notAfter", stamp(h.leaf.NotAfter)), finding.Evidence{Source: h.renewalSource(duty.at), Text: stamp(duty.at)})
	if h.owner == nil {
		f.Cause = "Certificate " + h.filler() + ", which fills it by its annotation, was not seen: this is when cert-manager renews if it does not say otherwise."
		return
	}
	if issuing := h.owner.Conditions.Get("Issuing"); issuing != nil && issuing.Message != "" {
		f.Evidence = append(f.Evidence, quote("status.conditions[Issuing] of Certificate "+h.owner.Name, strings.TrimSpace(issuing.Status+" "+issuing.Reason)+": "+issuing.Message)...)
	}
	if state == renewalDue {
		f.Retry = "cert-manager renews it by itself."
		return
	}
	f.Fix = append([]finding.Step{h.look()}, h.retryNow()...)
	h.tellRetry(f)
}

// retryNow starts an issuance at once where one is to wait.
func (h *heldSecret) retryNow() []finding.Step {
	if h.owner.OldAPI() {
		return nil
	}
	return h.reissue()
}

// tellRetry says when cert-manager tries again.
func (h *heldSecret) tellRetry(f *finding.Finding) {
	wait := h.backoff()
	if wait == 0 {
		return
	}
	f.Evidence = append(f.Evidence, quote("status of Certificate "+h.owner.Name,
		fmt.Sprintf("lastFailureTime: %s\nfailedIssuanceAttempts: %d", stamp(h.owner.LastFailure), h.owner.FailedAttempts))...)
	f.RetryAt = h.owner.LastFailure.Add(wait)
	if h.leaf.State(h.Now) != material.Valid {
		return
	}
	failed := "After " + count(h.owner.FailedAttempts, "failure") + " cert-manager waits " + span(wait)
	switch {
	case f.RetryAt.After(h.leaf.NotAfter):
		f.Cause = failed + ": its next try comes after the certificate's end."
	case f.RetryAt.Add(wait).After(h.leaf.NotAfter):
		f.Cause = failed + ": its next try is the last before the certificate's end."
	}
}

func (h *heldSecret) renewalSource(at time.Time) string {
	if h.owner == nil {
		return "time of renewal, a third of the lifetime before the end"
	}
	if h.owner.RenewalTime.Equal(at) {
		return "status.renewalTime of Certificate " + h.owner.Name
	}
	return "time of renewal, reckoned from Certificate " + h.owner.Name
}

// toRenewByHand: nothing is known to renew it, and the last third of its life, or of its
// last days, has begun.
func (h *heldSecret) toRenewByHand(state renewalState, left time.Duration) {
	severity := finding.Warning
	if state == renewalCritical {
		severity = finding.Error
	}
	f := h.say(aside, severity, "SEC06", "The certificate in Secret %s expires in %s, and nothing renews it by itself.", h.Name, span(left))
	f.Evidence = quote(secretData(h.crtKey)+" notAfter", stamp(h.leaf.NotAfter))
	f.Cause = h.nobodyRenews()
	f.Fix = h.reissue()
}

// warnEarly: all is well, but somebody wants to know of each certificate that ends soon.
func (h *heldSecret) warnEarly(duty *renewalDuty, left time.Duration) {
	f := h.say(aside, finding.Warning, "SEC06", "The certificate in Secret %s expires in %s.", h.Name, span(left))
	f.Evidence = quote(secretData(h.crtKey)+" notAfter", stamp(h.leaf.NotAfter))
	if !duty.at.IsZero() {
		f.RetryAt = duty.at
		return
	}
	f.Cause = h.nobodyRenews()
}

// nobodyRenews says who has to renew a certificate that no Certificate keeps.
func (h *heldSecret) nobodyRenews() string {
	if h.owner != nil {
		return "spec.renewal.policy of Certificate " + h.owner.Name + " is Disabled: it is renewed when somebody says so."
	}
	name := noted(&h.secret.Meta, "certificate-name")
	switch {
	case name != "" && h.Certificate(chain.Name{Namespace: h.Namespace, Name: name}) != nil:
		return "Certificate " + name + ", which filled it, fills another Secret now: nobody renews it."
	case name != "" && h.filler() == "":
		return "There is no Certificate " + name + " in namespace " + h.Namespace + ", which filled it once: nobody renews it."
	case name != "":
		return "Certificate " + name + ", which filled it, was not seen."
	case h.syncedFrom() != "":
		return "It is a copy of " + h.syncedFrom() + ": it is renewed there, and what copies it has to follow."
	}
	if writers := h.foreignWriters(); len(writers) > 0 {
		if strings.HasPrefix(writers[0], "kubectl") {
			return "No Certificate fills it. Somebody has put it there by hand (" + some(writers) + "), and has to do so again."
		}
		return "No Certificate fills it. It was written by " + some(writers) + ": whoever runs that has to renew it."
	}
	return "No Certificate fills it: whoever put it there has to renew it."
}

// syncedFrom is where a program that copies Secrets takes this one from, as its
// annotations say; else empty.
func (h *heldSecret) syncedFrom() string {
	for _, name := range []string{"reflector.v1.k8s.emberstack.com/reflects", "replicator.v1.mittwald.de/replicate-from", "replicator.v1.mittwald.de/replicated-from"} {
		if from := h.secret.Annotations[name]; from != "" {
			return "Secret " + from
		}
	}
	if from := h.secret.Labels["kubed.appscode.com/origin.name"]; from != "" {
		return "Secret " + h.secret.Labels["kubed.appscode.com/origin.namespace"] + "/" + from
	}
	return ""
}
