package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// issuedFor reports whether cert-manager has made a Secret, by its annotations.
func issuedFor(m *chain.Meta) bool { return issuedName(m) != "" || issuerAnnotation(m) != "" }

// issuedName is the Certificate that a Secret was issued for; versions before v0.6 do
// not write it.
func issuedName(m *chain.Meta) string {
	return m.Annotations[chain.Group+"/certificate-name"] + m.Annotations[chain.OldGroup+"/certificate-name"] + m.Labels[chain.OldGroup+"/certificate-name"]
}

func issuerAnnotation(m *chain.Meta) string {
	return m.Annotations[chain.Group+"/issuer-name"] + m.Annotations[chain.OldGroup+"/issuer-name"]
}

// checkOrphans finds Secrets that cert-manager made and no Certificate fills any more.
// They outlive their Certificates, unless --enable-certificate-owner-ref is given.
func (c *checker) checkOrphans() {
	if c.Groups != nil && !c.serves(chain.Group) && !c.serves(chain.OldGroup) {
		return // there are no Certificates at all, which is told already
	}
	for _, s := range c.subjects {
		for _, u := range s.Uses {
			o := c.Secret(u.Secret)
			if o == nil || c.has("CON02", o.Object) || !c.orphan(o) {
				continue
			}
			c.addOrphan(s, o)
		}
	}
}

func (c *checker) orphan(o *chain.Secret) bool {
	return issuedFor(&o.Meta) && o.Leaf() != nil && !isCopy(&o.Meta) &&
		len(c.CertificatesFor(chain.Name{Namespace: o.Namespace, Name: o.Name})) == 0 && c.Absence("Certificate", o.Namespace) == chain.Gone
}

// isCopy reports whether a program that copies Secrets has made it: such follow their
// original, with its annotations.
func isCopy(m *chain.Meta) bool {
	for name := range m.Annotations {
		for _, sign := range []string{"/reflects", "/auto-reflects", "/replicated-from", "/replicate-from", "kubed.appscode.com/", "kubernetes-replicator"} {
			if strings.Contains(name, sign) {
				return true
			}
		}
	}
	for name := range m.Labels {
		if strings.HasPrefix(name, "kubed.appscode.com/") {
			return true
		}
	}
	return false
}

func (c *checker) addOrphan(s *subject, o *chain.Secret) {
	leaf := o.Leaf()
	f := finding.Finding{
		ID: "CON02", Severity: finding.Warning, Object: o.Object,
		What: fmt.Sprintf("Nothing renews the Secret %s/%s: no Certificate fills it any more, and the certificate in it ends on %s.", o.Namespace, o.Name, day(leaf.NotAfter)),
		Fix: []finding.Step{do(fmt.Sprintf("Make a Certificate in namespace %s with secretName %s again: cert-manager takes the Secret over and renews it.", o.Namespace, o.Name)),
			do("Its names: " + some(leaf.DNS) + ".")},
		Docs: "https://cert-manager.io/docs/usage/certificate/",
	}
	if name := issuedName(&o.Meta); name != "" {
		f.What = fmt.Sprintf("Nothing renews the Secret %s/%s: its Certificate %s is gone, and the certificate in it ends on %s.", o.Namespace, o.Name, name, day(leaf.NotAfter))
		if other := c.Certificate(chain.Name{Namespace: o.Namespace, Name: name}); other != nil {
			f.What = fmt.Sprintf("Nothing renews the Secret %s/%s: its Certificate %s fills %s now. The certificate in it ends on %s.", o.Namespace, o.Name, name, other.SecretName, day(leaf.NotAfter))
			f.Fix = []finding.Step{do(fmt.Sprintf("Let its consumers take the Secret %s.", other.SecretName))}
		}
		f.Evidence = quote("metadata.annotations[cert-manager.io/certificate-name]", name)
	}
	f.Evidence = append(f.Evidence, quote("metadata.annotations[cert-manager.io/issuer-name]", issuerAnnotation(&o.Meta))...)
	if s.Kind == "Secret" { // nobody was seen to take it
		f.Severity = finding.Info
		f.Fix = append(f.Fix, do("Or delete the Secret, if nobody takes it."))
	}
	// What is not due for renewal yet does not lack its Certificate.
	p := aside
	if leaf.Left(c.Now) < leaf.Length()/3 {
		p = blocks
	}
	c.add(p, f)
}
