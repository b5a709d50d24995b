package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// certConflict: the Secret is another Certificate's. Since v1.13.2 this one is skipped
// without a word; before, the two overwrite each other without end.
func (c *checker) certConflict(i *issuance) {
	if !i.loses() {
		return
	}
	owner := i.rivals[0]
	f := finding.Finding{
		ID: "CRT04", Severity: finding.Error, Object: i.Object,
		What:     fmt.Sprintf("Secret %s is also filled by Certificate %s, so nothing is issued for this Certificate.", i.SecretName, owner.Name),
		Evidence: i.conditionWords("Ready"),
		Cause:    "Of several Certificates with one secretName, only the one that the Secret was issued for is looked after, else the oldest. The others are skipped without a word; their dates are those of the owner's certificate.",
		Fix: append(i.change("Give the Certificate a Secret of its own, and let its consumers take that; or delete it, if it is the same certificate.", `{"spec":{"secretName":"`+i.Name+`-tls"}}`),
			run(script.Command("kubectl", "get", "certificates", "-n", i.Namespace, "-o", "custom-columns=NAME:.metadata.name,SECRET:.spec.secretName,NAMES:.spec.dnsNames"))),
		Docs: "https://cert-manager.io/docs/usage/certificate/",
	}
	part := blocks
	switch {
	case c.certFights(i):
		f.What = fmt.Sprintf("Secret %s is also filled by Certificate %s: each overwrites the other's certificate, without end.", i.SecretName, owner.Name)
		f.Cause = "Before cert-manager v1.13.2, each of several Certificates with one secretName takes the other's certificate for a wrong one, and issues anew, until the CA's rate limit stops that."
	case c.certContained(i, owner):
		f.Severity, part = finding.Warning, aside
		f.What = fmt.Sprintf("Secret %s is filled by Certificate %s, which has all names of this one: this Certificate does nothing.", i.SecretName, owner.Name)
	}
	c.add(part, f)
}

// certFights reports whether the controller is one that lets both issue. Of v1.13 the tag
// alone does not tell.
func (c *checker) certFights(i *issuance) bool {
	controller := c.Controller()
	if controller == nil {
		return i.OldAPI()
	}
	major, minor, ok := controller.Version()
	return ok && (major < 1 || major == 1 && minor < 13)
}

// certContained reports whether another Certificate has all names of this one.
func (c *checker) certContained(i *issuance, owner *chain.Certificate) bool {
	names := owner.Names()
	for _, name := range i.Names().DNS {
		if !names.Covers(name).Covered {
			return false
		}
	}
	return !slices.ContainsFunc(i.Addresses, func(a netip.Addr) bool { return !slices.Contains(owner.Addresses, a) })
}

// certOften is how many requests in a day may have other reasons than a loop: a
// few failures, each with its wait.
const certOften = 6

// certTooOften: something makes cert-manager issue again and again.
func (c *checker) certTooOften(i *issuance) {
	if i.loses() {
		return
	}
	day, lately := 24*time.Hour, 0
	for _, r := range c.RequestsOf(i.Certificate) {
		if !r.Created.IsZero() && c.Now.Sub(r.Created) < day {
			lately++
		}
	}
	life := chain.Age(c.Now, i.Created)
	f := finding.Finding{ID: "CRT19", Severity: finding.Warning, Object: i.Object, Docs: "https://cert-manager.io/docs/troubleshooting/"}
	switch every := c.certInterval(i); {
	case lately >= certOften && lately > 3*(int(day/every)+1):
		f.What = fmt.Sprintf("%d CertificateRequests were made for it within a day.", lately)
		f.Evidence = quote("certificaterequests", fmt.Sprintf("%d with the annotation cert-manager.io/certificate-name: %s", lately, i.Name))
	case i.Revision >= 10 && life > 0 && i.Revision > 3*(int(life/every)+1):
		f.What = fmt.Sprintf("It was issued %d times in %s, far more often than its lifetime asks for.", i.Revision, span(life))
		f.Evidence = quote("status.revision", fmt.Sprint(i.Revision))
	default:
		return
	}
	f.Cause = "Something makes each new certificate a wrong one: another writer of the Secret, a second Certificate with the same secretName, or a spec that is changed again and again."
	f.Fix = []finding.Step{do("The reason of each issuance is in the events, who writes the Secret in its managed fields:"), i.kubectl("describe"),
		run(script.Command("kubectl", "get", "secret", i.SecretName, "-n", i.Namespace, "--show-managed-fields", "-o", "jsonpath={range .metadata.managedFields[*]}{.manager}{\" \"}{.time}{\"\\n\"}{end}"))}
	if len(i.rivals) > 1 {
		if loser := i.rivals[1]; c.certFights(i) {
			f.Cause, f.Fix = "", nil
			f.Because = &finding.Ref{ID: "CRT04", Object: loser.Object}
		}
	}
	c.add(aside, f)
}

// certInterval is how often the certificate is issued by its lifetime alone; 60 days where
// that is not known.
func (c *checker) certInterval(i *issuance) time.Duration {
	every := 60 * 24 * time.Hour
	if l, ok := i.lifetime(); ok {
		if r := l.Renewal(c.renewalSpec(i.Certificate)); r.At.After(l.NotBefore) {
			every = r.At.Sub(l.NotBefore)
		}
	}
	return max(every, time.Minute)
}
