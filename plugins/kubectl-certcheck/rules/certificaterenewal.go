package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// certRenewal: when the certificate is renewed, and whether what is asked for holds.
func (c *checker) certRenewal(i *issuance) {
	if ready := i.Conditions.Get("Ready"); ready != nil && ready.Status == "False" && ready.Reason == "WindowError" && !i.stale(ready) {
		c.add(blocks, finding.Finding{
			ID: "CRT13", Severity: finding.Warning, Object: i.Object,
			What:     "No time for the renewal can be found in spec.renewal.windows.",
			Evidence: i.conditionWords("Ready"),
			Fix:      i.change("Correct spec.renewal.windows: a cron expression that comes true between the time of renewal and the end of the certificate.", ""),
			Docs:     "https://cert-manager.io/docs/usage/certificate/",
		})
		return
	}
	l, ok := i.lifetime()
	if i.RenewalPolicy == "Disabled" {
		c.certNeverRenewed(i, l, ok)
		return
	}
	if !ok || i.ARI {
		return // there is none, or the CA says when
	}
	r := l.Renewal(c.renewalSpec(i.Certificate))
	if r.Endless {
		c.certEndless(i, l, r)
		return
	}
	if r.Ignored {
		c.certIgnored(i, l, r)
	}
}

// certNeverRenewed: nobody is to renew it. That may be meant so, until it ends.
func (c *checker) certNeverRenewed(i *issuance, l material.Lifetime, known bool) {
	f := finding.Finding{
		ID: "CRT13", Severity: finding.Info, Object: i.Object,
		What:     "The certificate is not renewed: spec.renewal.policy is Disabled.",
		Evidence: quote("spec.renewal.policy", i.RenewalPolicy),
		Fix:      i.change("If it is to be renewed, remove the policy; else renew it by hand in time, with cmctl renew.", `{"spec":{"renewal":null}}`),
		Docs:     "https://cert-manager.io/docs/usage/certificate/",
	}
	if known {
		f.What = fmt.Sprintf("The certificate ends on %s and is not renewed: spec.renewal.policy is Disabled.", day(l.NotAfter))
		if l.Left(c.Now) < l.Length()/3 {
			f.Severity = finding.Warning
		}
	}
	c.add(aside, f)
}

// certEndless: a new certificate is due for renewal as soon as it is there.
func (c *checker) certEndless(i *issuance, l material.Lifetime, r material.Renewal) {
	f := finding.Finding{
		ID: "CRT21", Severity: finding.Error, Object: i.Object,
		What:     fmt.Sprintf("The certificate lives for %s and is renewed %s before its end: again at every sync, until the CA's rate limit stops that.", certLife(l), span(l.NotAfter.Sub(r.At))),
		Evidence: quote("the certificate", fmt.Sprintf("valid from %s until %s", l.NotBefore.UTC().Format(time.RFC3339), l.NotAfter.UTC().Format(time.RFC3339))),
		Cause:    "This version of cert-manager does not compare the time of renewal with the lifetime of the certificate.",
		Fix:      []finding.Step{do("Upgrade cert-manager: from v1.2 on, a third of the lifetime is the limit. Until then, stop the controller, or use a CA or a profile with longer lifetimes.")},
	}
	if r.Basis == material.ByRenewBefore {
		f.Evidence = append(f.Evidence, quote("spec.renewBefore", certSpan(i.RenewBefore))...)
		f.Fix = i.change("Make spec.renewBefore a third of the lifetime.", fmt.Sprintf(`{"spec":{"renewBefore":"%s"}}`, certThird(l)))
	}
	c.add(aside, f)
}

// certSpan writes a duration as one would in a manifest: 720h, not 720h0m0s.
func certSpan(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// certLife is how long a certificate lives. One of Let's Encrypt lives for 90 days less
// a second.
func certLife(l material.Lifetime) string { return span(l.Length().Round(time.Minute)) }

// certThird is a third of a lifetime in hours or minutes, as one would write it.
func certThird(l material.Lifetime) string {
	d := l.Length() / 3
	if d >= 3*time.Hour {
		return fmt.Sprintf("%dh", d.Round(time.Hour)/time.Hour)
	}
	return fmt.Sprintf("%dm", d.Round(time.Minute)/time.Minute)
}

// certIgnored: what is asked for does not go with the lifetime.
func (c *checker) certIgnored(i *issuance, l material.Lifetime, r material.Renewal) {
	field, value := "spec.renewBefore", certSpan(i.RenewBefore)
	if i.RenewBefore == 0 {
		field, value = "spec.renewBeforePercentage", fmt.Sprint(i.RenewBeforePercentage)
	}
	f := finding.Finding{
		ID: "CRT12", Severity: finding.Warning, Object: i.Object,
		What:     fmt.Sprintf("%s is %s, which is ignored: the certificate lives for %s.", field, value, certLife(l)),
		Evidence: quote(field, value),
		Cause:    fmt.Sprintf("It is renewed by another rule, %s: on %s.", r.Basis, day(r.At)),
		Fix:      i.change("Make it shorter than the lifetime, or remove it.", `{"spec":{"`+strings.TrimPrefix(field, "spec.")+`":null}}`),
		Docs:     "https://cert-manager.io/docs/usage/certificate/",
	}
	if c.renewalSpec(i.Certificate).Rule == material.RenewFixed {
		f.What = fmt.Sprintf("%s is ignored: this version of cert-manager does not know the field.", field)
	}
	c.add(aside, f)
}

// certDuration: a lifetime is asked for that an ACME server does not give.
func (c *checker) certDuration(i *issuance) {
	if i.Duration == 0 || i.issuer == nil || i.issuer.ACME == nil {
		return
	}
	f := finding.Finding{
		ID: "CRT14", Severity: finding.Warning, Object: i.Object,
		Evidence: quote("spec.duration", certSpan(i.Duration)),
		Fix:      i.change("Remove spec.duration: the CA decides how long its certificates live.", `{"spec":{"duration":null}}`),
		Docs:     "https://cert-manager.io/docs/configuration/acme/",
	}
	if i.issuer.ACME.DurationFeature {
		if !strings.Contains(i.issuer.ACME.Server, ".letsencrypt.org") {
			return
		}
		f.Severity = c.certGrave(i)
		f.What = fmt.Sprintf("Let's Encrypt refuses orders that ask for a lifetime, and spec.duration with enableDurationFeature of %s %s does.", i.issuer.Kind, i.issuer.Name)
		c.add(blocks, f)
		return
	}
	l, ok := i.lifetime()
	if differs := (l.Length() - i.Duration).Abs(); !ok || differs <= max(2*time.Hour, i.Duration/100) {
		return
	}
	f.What = fmt.Sprintf("spec.duration asks for %s, but the certificate lives for %s: the ACME server decides that.", span(i.Duration), certLife(l))
	c.add(aside, f)
}
