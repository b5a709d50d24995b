package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

func certificateCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "CRT01", Severity: finding.Error, Title: "A certificate has never been issued, or its Secret was emptied"},
		{ID: "CRT02", Severity: finding.Error, Title: "The last issuance failed, and cert-manager waits before it tries again"},
		{ID: "CRT03", Severity: finding.Error, Title: "The issuer that a Certificate refers to is not there"},
		{ID: "CRT04", Severity: finding.Error, Title: "Several Certificates fill the same Secret"},
		{ID: "CRT05", Severity: finding.Error, Title: "The common name is not among the DNS names, which ACME wants"},
		{ID: "CRT06", Severity: finding.Warning, Title: "A wildcard does not cover a host that it seems to be meant for, or is not asked for"},
		{ID: "CRT07", Severity: finding.Error, Title: "spec.acme.config says for some name not how to prove it (v1alpha1)"},
		{ID: "CRT08", Severity: finding.Error, Title: "spec.acme is missing (v1alpha1)"},
		{ID: "CRT09", Severity: finding.Error, Title: "spec.acme.config refers to a solver that the issuer does not have (v1alpha1)"},
		{ID: "CRT10", Severity: finding.Error, Title: "The last order failed, and cert-manager waits before it makes another (v1alpha1)"},
		{ID: "CRT11", Severity: finding.Error, Title: "An order cannot be made or finished (v1alpha1)"},
		{ID: "CRT12", Severity: finding.Warning, Title: "renewBefore is of no use with the lifetime that the CA gives"},
		{ID: "CRT13", Severity: finding.Warning, Title: "The certificate is never renewed, by its renewal policy or its windows"},
		{ID: "CRT14", Severity: finding.Error, Title: "The CA does not keep to spec.duration, or refuses it"},
		{ID: "CRT15", Severity: finding.Warning, Title: "The private key has to change, and rotationPolicy forbids it"},
		{ID: "CRT16", Severity: finding.Error, Title: "A CertificateRequest is not approved, or was denied"},
		{ID: "CRT17", Severity: finding.Error, Title: "A Certificate is stuck in its deletion, or private keys in the making pile up"},
		{ID: "CRT18", Severity: finding.Warning, Title: "An issuance is due, and cert-manager has not begun it"},
		{ID: "CRT19", Severity: finding.Warning, Title: "A certificate is issued far more often than its lifetime asks for"},
		{ID: "CRT20", Severity: finding.Error, Title: "The API refuses the Certificate"},
		{ID: "CRT21", Severity: finding.Error, Title: "A certificate is renewed without end"},
		{ID: "CRT22", Severity: finding.Error, Title: "A renewal has begun and does not end"},
	}
}

func (c *checker) checkCertificates() {
	leftovers := c.keysInTheMaking()
	hosts := c.certHosts()
	for _, o := range c.Certificates {
		if !c.reaches(o.Object) {
			continue
		}
		i := c.issuanceOf(o)
		if !o.Deleting.IsZero() {
			c.certDeleting(i)
			continue // cert-manager does nothing for it any more
		}
		c.certSpec(i)
		c.certIssuerMissing(i)
		c.certConflict(i)
		c.certCommonName(i)
		c.certWildcards(i, hosts[o.Secret()])
		if o.OldAPI() {
			c.certOld(i)
		}
		c.certApproval(i)
		c.certFailed(i)
		c.certUnended(i)
		c.certNeverIssued(i)
		c.certNotBegun(i)
		c.certRenewal(i)
		c.certDuration(i)
		c.certRotation(i)
		c.certTooOften(i)
		c.certLeftovers(i, leftovers[chain.Name{Namespace: o.Namespace, Name: o.Name}])
	}
}

// issuance is a Certificate with what tells how it is issued.
type issuance struct {
	*chain.Certificate
	request *chain.Request // nil: there is none
	issuer  *chain.Issuer  // nil: it was not found, or is of another program
	// leaf is what its Secret holds; nil: nothing, it is not known, or it is another
	// Certificate's.
	leaf *material.Certificate
	// rivals are all Certificates that fill its Secret, the one that does first.
	rivals []*chain.Certificate
}

func (c *checker) issuanceOf(o *chain.Certificate) *issuance {
	i := &issuance{Certificate: o, request: c.CurrentRequest(o), issuer: c.IssuerOf(o.Issuer, o.Namespace)}
	for _, rival := range c.CertificatesFor(o.Secret()) {
		// The controller of one API group knows nothing of the other's: see ENV02.
		if rival.OldAPI() == o.OldAPI() && o.SecretName != "" {
			i.rivals = append(i.rivals, rival)
		}
	}
	if secret := c.Secret(o.Secret()); secret != nil && !i.loses() {
		i.leaf = secret.Leaf()
	}
	return i
}

// loses reports whether the Secret is another Certificate's: then this one has the
// other's dates in its status.
func (i *issuance) loses() bool { return len(i.rivals) > 1 && i.rivals[0] != i.Certificate }

// certServed reports whether there is a certificate that is valid now. The condition Ready
// alone does not tell: it outlives the certificate.
func (c *checker) certServed(i *issuance) bool {
	if i.leaf != nil {
		return i.leaf.State(c.Now) == material.Valid
	}
	if c.Secret(i.Secret()) != nil || c.Absence("Secret", i.Namespace) == chain.Gone {
		return false
	}
	return i.Conditions.Is("Ready", "True") && (i.NotAfter.IsZero() || i.NotAfter.After(c.Now))
}

// certGrave is how bad it is that no new certificate comes: a warning as long as the old
// one is valid.
func (c *checker) certGrave(i *issuance) finding.Severity {
	if c.certServed(i) {
		return finding.Warning
	}
	return finding.Error
}

// lifetime is that of the certificate that was issued for it; ok says whether there is
// one.
func (i *issuance) lifetime() (l material.Lifetime, ok bool) {
	switch {
	case i.leaf != nil:
		return i.leaf.Lifetime, true
	case !i.loses() && !i.NotBefore.IsZero() && !i.NotAfter.IsZero():
		return material.Lifetime{NotBefore: i.NotBefore, NotAfter: i.NotAfter}, true
	}
	return l, false
}

// stale reports whether a condition is of an older spec.
func (i *issuance) stale(one *chain.Condition) bool {
	return one.ObservedGeneration > 0 && one.ObservedGeneration < i.Generation
}

// since reports whether an event is of now: not older than the object, nor than the
// success that came after it.
func (i *issuance) since(e *chain.Event) bool {
	ready := i.Conditions.Get("Ready")
	return !e.LastSeen.Before(i.Created) && (ready == nil || ready.Status != "True" || e.LastSeen.After(ready.Changed))
}

// kubectl is a command about the Certificate.
func (i *issuance) kubectl(verb string, more ...string) finding.Step {
	kind := "certificate"
	if i.OldAPI() {
		kind += "." + chain.OldGroup
	}
	return run(script.Command(slices.Concat([]string{"kubectl", verb, kind, i.Name, "-n", i.Namespace}, more)...))
}

// renew makes cert-manager issue at once.
func (i *issuance) renew() finding.Step {
	return run(script.Command("cmctl", "renew", i.Name, "-n", i.Namespace))
}

// change is how to change the spec: where something else writes the Certificate, there.
func (i *issuance) change(what, patch string) []finding.Step {
	for _, owner := range i.Owners {
		if owner.Kind == "Ingress" || owner.Kind == "Gateway" || owner.Kind == "ListenerSet" {
			return []finding.Step{
				do(what + " The Certificate is made from the annotations of " + owner.Kind + " " + owner.Name + ": change it there."),
				run(script.Command("kubectl", "edit", strings.ToLower(owner.Kind), owner.Name, "-n", i.Namespace)),
			}
		}
	}
	steps := []finding.Step{do(what)}
	if patch == "" {
		return append(steps, i.kubectl("edit"))
	}
	return append(steps, i.kubectl("patch", "--type", "merge", "-p", patch))
}

// requestWords are what the request says of itself.
func (i *issuance) requestWords() []finding.Evidence {
	if i.request == nil {
		return nil
	}
	ready := i.request.Conditions.Get("Ready")
	if ready == nil || ready.Status == "True" {
		return nil
	}
	return quote("certificaterequest/"+i.request.Name+" status.conditions[Ready].message", ready.Message)
}

// conditionWords are what a condition of the Certificate says.
func (i *issuance) conditionWords(kind string) []finding.Evidence {
	if one := i.Conditions.Get(kind); one != nil {
		return quote("status.conditions["+kind+"].message", one.Message)
	}
	return nil
}

// certControllerFlag is a flag of the controller that is a duration.
func (c *checker) certControllerFlag(name string, standard time.Duration) time.Duration {
	if controller := c.Controller(); controller != nil {
		if value, ok := controller.Flag(name); ok {
			if d, err := time.ParseDuration(value); err == nil {
				return d
			}
		}
	}
	return standard
}
