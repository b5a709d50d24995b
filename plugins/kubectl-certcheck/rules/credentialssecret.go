package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// credentialRef is one key of a Secret that an issuer needs.
type credentialRef struct {
	chain.FieldSecret
	secret chain.Name
	issuer *chain.Issuer
	solver *credentialSolver // nil: it is not a solver's
	part   part
}

// credentialRefs are those of an issuer. The account's own keys are left out: they are
// the account's matter, and cert-manager makes one if it is missing.
func (c *checker) credentialRefs(i *chain.Issuer, solvers []*credentialSolver) []credentialRef {
	var all []credentialRef
	for _, f := range i.Secrets() {
		if strings.HasPrefix(f.Field, "spec.acme.privateKeySecretRef") || strings.HasPrefix(f.Field, "spec.acme.externalAccountBinding") {
			continue
		}
		ref := credentialRef{FieldSecret: f, secret: chain.Name{Namespace: c.CredentialNamespace(i), Name: f.Name}, issuer: i, part: blocks}
		for _, s := range solvers {
			if strings.HasPrefix(f.Field, s.at+".") {
				ref.solver, ref.part = s, s.part
			}
		}
		if ref.ofCA() {
			for _, key := range []string{"tls.crt", "tls.key"} {
				ref.Key = key
				all = append(all, ref)
			}
			continue
		}
		all = append(all, ref)
	}
	return all
}

// ofCA reports whether it is the key pair of a CA, of which the issuer names no keys.
func (ref credentialRef) ofCA() bool { return ref.Field == "spec.ca.secretName" }

// webhook reports whether it is for a program of others, which may read it otherwise.
func (ref credentialRef) webhook() bool { return ref.solver != nil && ref.solver.Provider == "webhook" }

func (ref credentialRef) contents() string {
	if ref.ofCA() {
		return "CA's certificate and key"
	}
	return "credentials"
}

// nameField is where the Secret's name stands.
func (ref credentialRef) nameField() string {
	if ref.ofCA() {
		return ref.Field
	}
	return ref.Field + ".name"
}

// variable is the one of the shell that the value is to be put into.
func (ref credentialRef) variable() string {
	switch {
	case strings.HasSuffix(ref.Field, "route53.accessKeyIDSecretRef"):
		return keyIDVariable
	case strings.HasSuffix(ref.Field, "route53.secretAccessKeySecretRef"):
		return keyVariable
	}
	return valueVariable
}

// checkRef looks whether the Secret and its key are there. Where they could not be
// looked at, what cert-manager says has to do.
func (c *checker) checkRef(ref credentialRef) {
	o := c.Secret(ref.secret)
	gone := c.Absence("Secret", ref.secret.Namespace) == chain.Gone
	switch {
	case o == nil && (gone || len(c.saidOf(ref, "CRED01")) > 0):
		c.secretMissing(ref)
	case o == nil && len(c.saidOf(ref, "CRED02")) > 0, o != nil && ref.Key != "" && !o.Has(ref.Key):
		c.keyMissing(ref, o)
	}
}

// saidOf is what cert-manager says of that Secret: in the issuer's status, or when it
// used it.
func (c *checker) saidOf(ref credentialRef, id string) []finding.Evidence {
	for sentence := range strings.SplitSeq(invalidSolver(ref.issuer), "; ") {
		names := strings.Contains(sentence, fmt.Sprintf("%q", ref.Name)) && (id == "CRED01" || strings.Contains(sentence, fmt.Sprintf("%q", ref.Key)))
		if names && complaintID(sentence) == id {
			return quote("status.conditions[Ready].message", sentence)
		}
	}
	if ref.solver == nil {
		return nil
	}
	for _, e := range ref.solver.evidence(id) {
		if (id == "CRED01" && strings.Contains(e.Text, ref.Name)) || (id == "CRED02" && strings.Contains(e.Text, ref.Key)) {
			return []finding.Evidence{e}
		}
	}
	return nil
}

// secretMissing is CRED01.
func (c *checker) secretMissing(ref credentialRef) {
	others := c.SecretsNamed(ref.secret)
	f := finding.Finding{
		ID: "CRED01", Severity: finding.Error, Object: c.SecretObject(ref.secret),
		What:     fmt.Sprintf("The Secret %s, with the %s of %s, does not exist.", ref.secret, ref.contents(), issuerWords(ref.issuer)),
		Evidence: append(quote(ref.nameField(), ref.Name), c.saidOf(ref, "CRED01")...),
		Retry:    "cert-manager goes on by itself when the Secret is there.",
		Docs:     ref.docs(),
	}
	f.Cause = "An Issuer's Secrets are looked up in its own namespace only."
	if ref.issuer.Cluster() {
		f.Cause = fmt.Sprintf("A ClusterIssuer's Secrets are looked up in %s only, %s.", ref.secret.Namespace, c.whyNamespace())
	}
	switch guess := ref.issuer.Cluster() && c.Controller() == nil && len(f.Evidence) == 1; {
	case len(others) > 0 && ref.webhook():
		return // where a webhook looks is its own affair
	case len(others) > 0 && guess:
		f.Severity = finding.Info
		f.What = fmt.Sprintf("The Secret %s of %s is not in %s.", ref.Name, issuerWords(ref.issuer), ref.secret.Namespace)
	case ref.webhook():
		f.Severity = finding.Warning
	}
	fillers := c.CertificatesFor(ref.secret)
	switch {
	case len(fillers) > 0:
		f.Fix = []finding.Step{do("The Certificate " + fillers[0].Name + " is to fill it; see what keeps that one:"), run("kubectl certcheck -n " + script.Quote(fillers[0].Namespace) + " " + script.Quote("certificate/"+fillers[0].Name))}
	case len(others) > 0:
		f.Cause += fmt.Sprintf(" There is one of that name in %s.", some(namespacesOf(others)))
		f.Fix = []finding.Step{copySecret(others[0], ref.secret.Namespace)}
	default:
		f.Fix = ref.create()
	}
	c.merge(ref.part, f)
}

func namespacesOf(all []*chain.Secret) []string {
	var names []string
	for _, o := range all {
		names = append(names, o.Namespace)
	}
	return names
}

// whyNamespace says where the namespace of ClusterIssuers' Secrets comes from.
func (c *checker) whyNamespace() string {
	controller := c.Controller()
	if controller == nil {
		return "if cert-manager was installed in the usual way (its controller was not found)"
	}
	if value, ok := controller.Flag("cluster-resource-namespace"); ok {
		return "which is the controller's --cluster-resource-namespace=" + value
	}
	return "the default of the controller's --cluster-resource-namespace"
}

func issuerWords(i *chain.Issuer) string {
	if i.Cluster() {
		return "ClusterIssuer " + i.Name
	}
	return "Issuer " + i.Namespace + "/" + i.Name
}

func (ref credentialRef) docs() string {
	switch {
	case strings.HasPrefix(ref.Field, "spec.ca."):
		return "https://cert-manager.io/docs/configuration/ca/"
	case strings.HasPrefix(ref.Field, "spec.vault."):
		return "https://cert-manager.io/docs/configuration/vault/"
	case ref.solver != nil && ref.solver.Route53 != nil:
		return route53Docs
	}
	return "https://cert-manager.io/docs/configuration/acme/dns01/"
}
