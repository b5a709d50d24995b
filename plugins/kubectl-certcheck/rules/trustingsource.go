package rules

import (
	"crypto/x509"
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// injectionText is what an annotation of cainjector names, in a sentence.
func injectionText(from *chain.Injection) string {
	if from.Kind == "APIServer" {
		return "the API server's own CA"
	}
	return "the " + from.Kind + " " + from.Name.String()
}

// injectionValue is the annotation's value.
func injectionValue(from *chain.Injection) string {
	if from.Kind == "APIServer" {
		return "true"
	}
	return from.Name.String()
}

// injectionField is the annotation itself.
func injectionField(t *chain.Trusting) string {
	name := map[string]string{"Certificate": "inject-ca-from", "Secret": "inject-ca-from-secret", "APIServer": "inject-apiserver-ca"}[t.InjectFrom.Kind]
	for _, group := range []string{chain.Group, chain.OldGroup} {
		if _, ok := t.Annotations[group+"/"+name]; ok {
			return "metadata.annotations[" + group + "/" + name + "]"
		}
	}
	return "metadata.annotations"
}

// source is the Secret that cainjector takes ca.crt from; its name is empty where there
// is none, or where its Certificate is not there.
func (c *checker) source(t *chain.Trusting) chain.Name {
	switch from := t.InjectFrom; {
	case from == nil:
	case from.Kind == "Secret":
		return from.Name
	case from.Kind == "Certificate":
		if o := c.Certificate(from.Name); o != nil {
			return o.Secret()
		}
	}
	return chain.Name{}
}

// checkInjection finds that cainjector cannot do what it is asked for. Where the bundle
// is filled all the same, by somebody or from before, it is a warning.
func (c *checker) checkInjection(t *chain.Trusting) {
	if t.InjectFrom == nil || t.InjectFrom.Kind == "APIServer" {
		return
	}
	f := finding.Finding{
		ID: "CAB04", Severity: finding.Warning, Object: t.Object, Evidence: quote(injectionField(t), injectionValue(t.InjectFrom)),
		Docs: "https://cert-manager.io/docs/concepts/ca-injector/",
	}
	for i := range t.Bundles {
		if t.Bundles[i].Bundle == nil {
			f.Severity = finding.Error
		}
	}
	n := c.source(t)
	switch o := c.Secret(n); {
	case t.InjectFrom.Name.Name == "":
		f.What = fmt.Sprintf("cainjector fills the caBundle of %s from nothing: its annotation is not of the form namespace/name.", inWords(t.Object))
		f.Fix = []finding.Step{do("Put the namespace and a slash in front of the name.")}
	case o != nil:
		c.checkSource(t, o, &f)
	default:
		c.checkSourceExists(t, &f)
	}
	if f.What != "" {
		c.add(blocks, f)
	}
}

// checkSourceExists says what is missing of that which cainjector is to take. Where only
// the Secret of a Certificate is, its own rules tell.
func (c *checker) checkSourceExists(t *chain.Trusting, f *finding.Finding) {
	from := t.InjectFrom
	if from.Kind == "Certificate" && c.Certificate(from.Name) != nil || c.Absence(from.Kind, from.Namespace) != chain.Gone {
		return
	}
	f.What = fmt.Sprintf("cainjector is to fill the caBundle of %s from %s, which does not exist.", inWords(t.Object), injectionText(from))
	f.Fix = []finding.Step{do("Make the Certificate, or name the one there is.")}
	if from.Kind == "Secret" {
		f.Fix = []finding.Step{do("Make the Secret with the key ca.crt, or name the one there is.")}
	}
}

// checkSource says why cainjector does not take ca.crt of a Secret that is there, in the
// order of its own checks.
func (c *checker) checkSource(t *chain.Trusting, o *chain.Secret, f *finding.Finding) {
	n := chain.Name{Namespace: o.Namespace, Name: o.Name}
	switch from := t.InjectFrom; {
	case from.Kind == "Secret" && !allowsInjection(&o.Meta):
		f.What = fmt.Sprintf("cainjector may not take the CA for %s from the Secret %s, since that does not say that it may.", inWords(t.Object), n)
		f.Fix = []finding.Step{inNamespace(n.Namespace, "annotate", "secret", n.Name, "cert-manager.io/allow-direct-injection=true")}
	case from.Kind == "Certificate" && issuedName(&o.Meta) != from.Name.Name:
		f.What = fmt.Sprintf("cainjector does not take the CA for %s from the Secret %s, since that was not issued for the Certificate %s.", inWords(t.Object), n, from.Name)
		f.Evidence = append(f.Evidence, finding.Evidence{Source: inWords(o.Object) + ", metadata.annotations[cert-manager.io/certificate-name]", Text: issuedName(&o.Meta)})
		f.Fix = []finding.Step{do("Have the Certificate issued, or name the Certificate that the Secret was issued for.")}
	case o.CA == nil || len(o.CA.Certificates()) == 0:
		f.What = fmt.Sprintf("cainjector takes the CA for %s from ca.crt of the Secret %s, where there is none.", inWords(t.Object), n)
		f.Evidence = append(f.Evidence, finding.Evidence{Source: "keys of the Secret", Text: orNoKeys(o.Names())})
		f.Cause = "Issuers of ACME never write ca.crt, others only if they know their CA."
		f.Fix = []finding.Step{do("Issue the serving certificate by a CA or a self-signed issuer: what serves the API server needs no public certificate.")}
	}
}

func allowsInjection(m *chain.Meta) bool {
	return m.Annotations[chain.Group+"/allow-direct-injection"] == "true" || m.Annotations[chain.OldGroup+"/allow-direct-injection"] == "true"
}

// checkServing judges whether the certificate of the Secret that the CA comes from, as
// far as that is a server's, is one that the caBundle trusts.
func (c *checker) checkServing(t *chain.Trusting, b *chain.CABundle) {
	n := c.source(t)
	o := c.Secret(n)
	if o == nil || o.Leaf() == nil || o.Leaf().CA || c.has("CAB06", t.Object) {
		return
	}
	roots := x509.NewCertPool()
	for _, one := range b.Bundle.Certificates() {
		roots.AddCert(one.X509())
	}
	if trust, _ := o.TLS.Chain.Trust(roots, c.Now); trust == material.UnknownAuthority {
		c.add(symptom, c.otherCA(t, b, o))
		return
	}
	host := b.Service.Name + "." + b.Service.Namespace + ".svc"
	if b.Service.Name == "" || o.Leaf().Covers(host).Covered {
		return
	}
	c.add(symptom, finding.Finding{
		ID: "CAB03", Severity: finding.Warning, Object: t.Object,
		What: fmt.Sprintf("The certificate in Secret %s is not for %s, by which the API server calls %s.", n, host, inWords(t.Object)),
		Evidence: []finding.Evidence{
			{Source: "clientConfig.service", Text: b.Service.String()},
			{Source: "SANs of the certificate", Text: some(allNames([]*material.Certificate{o.Leaf()}))},
		},
		Fix: c.coverFix(n, []string{host}),
	})
}

// otherCA is a bundle that does not trust the certificate beside its own source.
func (c *checker) otherCA(t *chain.Trusting, b *chain.CABundle, o *chain.Secret) finding.Finding {
	f := finding.Finding{
		ID: "CAB03", Severity: finding.Error, Object: t.Object,
		What: fmt.Sprintf("The caBundle of %s does not trust the certificate in %s, which it is for.", inWords(t.Object), inWords(o.Object)),
		Evidence: []finding.Evidence{
			{Source: b.Field, Text: some(subjectsIn(b.Bundle))},
			{Source: "issuer of the certificate in " + inWords(o.Object), Text: o.Leaf().Issuer.Text},
		},
		Cause: "ca.crt of the Secret is not in the caBundle: cainjector has not copied it.",
		Fix:   c.cainjectorSteps(),
	}
	if o.CA != nil && copied(o.CA, b.Bundle) {
		f.Cause = "The caBundle is ca.crt of the Secret, but that CA has not issued tls.crt beside it, or an intermediate is missing there."
		f.Fix = []finding.Step{do("Have the certificate issued again:"), run(script.Command("cmctl", "renew", "-n", o.Namespace, t.InjectFrom.Name.Name))}
		if t.InjectFrom.Kind == "Secret" {
			f.Fix = []finding.Step{do("Put the CA that has issued tls.crt into ca.crt of the Secret.")}
		}
	}
	return f
}

func subjectsIn(b *material.Bundle) []string {
	var names []string
	for _, one := range b.Certificates() {
		names = append(names, one.Subject.Text)
	}
	return names
}

// copied reports whether all certificates of one bundle are in another.
func copied(from, to *material.Bundle) bool {
	there := map[string]bool{}
	for _, one := range to.Certificates() {
		there[one.SHA256] = true
	}
	for _, one := range from.Certificates() {
		if !there[one.SHA256] {
			return false
		}
	}
	return len(from.Certificates()) > 0
}
