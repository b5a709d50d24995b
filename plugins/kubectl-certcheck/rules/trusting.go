package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

func trustingCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "CAB01", Severity: finding.Error, Title: "A caBundle is empty that cainjector is asked to fill"},
		{ID: "CAB02", Severity: finding.Error, Title: "A CA in a caBundle has expired or ends soon"},
		{ID: "CAB03", Severity: finding.Error, Title: "A caBundle is not that of the certificate that is served"},
		{ID: "CAB04", Severity: finding.Error, Title: "cainjector has nothing to fill a caBundle from"},
		{ID: "CAB05", Severity: finding.Error, Title: "An APIService is not available because of TLS"},
		{ID: "CAB06", Severity: finding.Error, Title: "A caBundle holds something else than CAs"},
	}
}

func (c *checker) checkTrusting() {
	for _, t := range c.Trusting {
		if !c.reaches(t.Object) {
			continue
		}
		c.checkInjection(t)
		c.checkUnavailable(t)
		told := map[string]bool{} // webhooks of one object mostly have the same bundle
		for i := range t.Bundles {
			b := &t.Bundles[i]
			if key := bundleKey(b); !told[key] {
				told[key] = true
				c.checkBundle(t, b)
			}
		}
	}
}

// bundleKey tells bundles of the same content for the same Service.
func bundleKey(b *chain.CABundle) string {
	key := b.Service.String()
	if b.Bundle == nil {
		return key
	}
	key += fmt.Sprintf(" %d", b.Bundle.Size)
	for _, certificate := range b.Bundle.Certificates() {
		key += " " + certificate.SHA256
	}
	return key
}

func (c *checker) checkBundle(t *chain.Trusting, b *chain.CABundle) {
	if b.Bundle == nil {
		if t.InjectFrom != nil {
			c.add(symptom, finding.Finding{
				ID: "CAB01", Severity: finding.Error, Object: t.Object,
				What:     fmt.Sprintf("The caBundle of %s is empty, though cainjector is asked to fill it: the API server trusts nobody there.", inWords(t.Object)),
				Evidence: quote(injectionField(t), injectionValue(t.InjectFrom)),
				Fix:      c.cainjectorSteps(),
				Docs:     "https://cert-manager.io/docs/concepts/ca-injector/",
			})
		}
		return
	}
	if c.checkContent(t, b) {
		c.checkLifetimes(t, b)
		c.checkServing(t, b)
	}
}

// cainjector is its Deployment, or what that is called by default.
func (c *checker) cainjector() chain.Name {
	for _, w := range c.Workloads {
		if runs(w, "cert-manager-cainjector") {
			return chain.Name{Namespace: w.Namespace, Name: w.Name}
		}
	}
	return chain.Name{Namespace: "cert-manager", Name: "cert-manager-cainjector"}
}

// cainjectorSteps tell why cainjector does not do its work.
func (c *checker) cainjectorSteps() []finding.Step {
	n := c.cainjector()
	return []finding.Step{
		inNamespace(n.Namespace, "get", "deployment", n.Name),
		inNamespace(n.Namespace, "logs", "deployment/"+n.Name, "--tail=50"),
	}
}

// checkContent finds what makes the API server refuse a bundle, or not find a CA in
// it. It reports whether there are certificates to look into.
func (c *checker) checkContent(t *chain.Trusting, b *chain.CABundle) bool {
	f := finding.Finding{ID: "CAB06", Severity: finding.Error, Object: t.Object}
	certificates := b.Bundle.Certificates()
	for i := range b.Bundle.Blocks {
		if b.Bundle.Blocks[i].Kind == material.KindKey {
			f.What = fmt.Sprintf("The caBundle of %s holds a private key, which everybody can read who may read the object.", inWords(t.Object))
			f.Evidence = quote(b.Field, fmt.Sprintf("block %d of %d is a private key", i+1, len(b.Bundle.Blocks)))
			f.Fix = []finding.Step{do("Put only the CA's certificate there. The key is no longer secret: make a new one.")}
			c.add(symptom, f)
			break
		}
	}
	if len(certificates) == 0 && f.What != "" {
		return false
	}
	if len(certificates) == 0 {
		f.What = fmt.Sprintf("The caBundle of %s holds no certificate that the API server can read.", inWords(t.Object))
		f.Evidence = quote(b.Field, fmt.Sprintf("%d bytes, %s", b.Bundle.Size, b.Bundle.Form))
		f.Fix = []finding.Step{do("Put the CA's certificate there: PEM, encoded once in base64.")}
		if b.Bundle.Form == material.FormBase64 {
			f.Cause = "It was encoded in base64 twice."
		}
		c.add(symptom, f)
		return false
	}
	for _, one := range certificates {
		if one.CA || one.Version < 3 || one.SelfSigned != material.No {
			continue // a self-signed certificate is trusted as it is
		}
		f.Severity = finding.Warning
		f.What = fmt.Sprintf("The caBundle of %s holds a server's certificate, for %s, and not its CA: the next one will not be trusted.", inWords(t.Object), some(allNames([]*material.Certificate{one})))
		f.Evidence = quote(b.Field, "issued by "+one.Issuer.Text+", not a CA")
		f.Fix = []finding.Step{do("Put the certificate of the CA that has issued it there.")}
		c.add(symptom, f)
	}
	return true
}

// checkLifetimes judges when the CAs end. One of several may have ended: it is left
// from before a change of CAs.
func (c *checker) checkLifetimes(t *chain.Trusting, b *chain.CABundle) {
	certificates := b.Bundle.Certificates()
	last, over := certificates[0], 0
	for _, one := range certificates {
		if one.State(c.Now) == material.Expired {
			over++
		}
		if one.NotAfter.After(last.NotAfter) {
			last = one
		}
	}
	f := finding.Finding{
		ID: "CAB02", Object: t.Object, Evidence: quote(b.Field, fmt.Sprintf("%s, until %s", last.Subject.Text, day(last.NotAfter))),
		Fix: []finding.Step{do("Put the new CA there, beside the old one until all that it signed is replaced.")},
	}
	if t.InjectFrom != nil {
		f.Fix = append([]finding.Step{do("cainjector takes the new CA by itself, once it is in " + injectionText(t.InjectFrom) + ".")}, c.cainjectorSteps()...)
	}
	left := last.Left(c.Now)
	switch {
	case over == len(certificates):
		f.Severity = finding.Error
		f.What = fmt.Sprintf("All CAs in the caBundle of %s have expired, the last %s ago: the API server trusts nobody there.", inWords(t.Object), span(-left))
		if len(certificates) == 1 {
			f.What = fmt.Sprintf("The CA in the caBundle of %s has expired %s ago: the API server trusts nobody there.", inWords(t.Object), span(-left))
		}
	case left < min(c.WarnWithin, last.Length()/3):
		f.Severity = finding.Warning
		f.What = fmt.Sprintf("The caBundle of %s ends in %s: then the API server trusts nobody there.", inWords(t.Object), span(left))
	case over > 0:
		f.Severity = finding.Info
		f.What = fmt.Sprintf("%s of %d in the caBundle of %s has expired; the others do their work.", count(over, "CA"), len(certificates), inWords(t.Object))
		f.Fix = []finding.Step{do("Remove what has expired at leisure.")}
		c.add(aside, f)
		return
	default:
		return
	}
	c.add(symptom, f)
}

// checkUnavailable tells what the API server says of an aggregated API.
func (c *checker) checkUnavailable(t *chain.Trusting) {
	text := strings.ToLower(t.Unavailable)
	if !strings.Contains(text, "x509") && !strings.Contains(text, "tls: ") {
		return
	}
	f := finding.Finding{
		ID: "CAB05", Severity: finding.Error, Object: t.Object,
		What:     fmt.Sprintf("The API server does not trust what serves the %s, so that API is not available.", inWords(t.Object)),
		Evidence: quote("status.conditions[Available]", t.Unavailable),
		Retry:    "The API server tries again by itself every few seconds.",
		Fix:      []finding.Step{do("Have the caBundle and the certificate that is served made by the same CA.")},
		Docs:     "https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/",
	}
	for _, why := range [][2]string{
		{"unknown authority", "The serving certificate is not signed by a CA of spec.caBundle."},
		{"has expired", "The serving certificate, or its CA, has expired."},
		{"is valid for", "The serving certificate is not for the name of the Service."},
		{"doesn't contain any ip sans", "The serving certificate is not for the name of the Service."},
		{"legacy common name", "The serving certificate has no SAN, only a common name, which is not read any more."},
	} {
		if strings.Contains(text, why[0]) {
			f.Cause = why[1]
			break
		}
	}
	if t.InjectFrom == nil && c.serves(chain.Group) {
		f.Fix = append(f.Fix, do("cainjector keeps the caBundle if the annotation cert-manager.io/inject-ca-from names the serving Certificate as namespace/name."))
	}
	c.add(symptom, f)
}
