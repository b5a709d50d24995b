package rules

import (
	"fmt"
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// elsewhere is where a Secret is, or would come to be, that is not where it should be.
type elsewhere struct {
	// at is its name there.
	at chain.Name
	// secret is nil if it is not there either; certificate is what fills it, nil if
	// nothing does.
	secret      *chain.Secret
	certificate *chain.Certificate
}

// otherNamespace finds a Secret of the same name in another namespace: that of the
// Gateway, or one whose certificate is for a host of the server.
func (c *checker) otherNamespace(n chain.Name, home string, hosts []string) *elsewhere {
	var all []elsewhere
	for _, o := range c.SecretsNamed(n) {
		if leaf := o.Leaf(); o.Namespace == home || (leaf != nil && coversAny(leaf.Names, hosts)) {
			all = append(all, c.whereIs(chain.Name{Namespace: o.Namespace, Name: o.Name}))
		}
	}
	for _, o := range c.Certificates {
		if o.SecretName == n.Name && o.Namespace != n.Namespace && (o.Namespace == home || coversAny(o.Names(), hosts)) {
			all = append(all, c.whereIs(o.Secret()))
		}
	}
	return first(all, func(e elsewhere) bool { return e.at.Namespace == home })
}

// otherName finds a Secret of the same namespace whose certificate is for a host of
// the server.
func (c *checker) otherName(n chain.Name, hosts []string) *elsewhere {
	var all []elsewhere
	for _, o := range c.Certificates {
		if o.Namespace == n.Namespace && o.SecretName != n.Name && coversAny(o.Names(), hosts) {
			all = append(all, c.whereIs(o.Secret()))
		}
	}
	for _, o := range c.Secrets {
		if leaf := o.Leaf(); o.Namespace == n.Namespace && o.Name != n.Name && leaf != nil && coversAny(leaf.Names, hosts) {
			all = append(all, c.whereIs(chain.Name{Namespace: o.Namespace, Name: o.Name}))
		}
	}
	return first(all, func(e elsewhere) bool { return e.certificate != nil })
}

func (c *checker) whereIs(n chain.Name) elsewhere {
	e := elsewhere{at: n, secret: c.Secret(n)}
	if all := c.CertificatesFor(n); len(all) > 0 {
		e.certificate = all[0]
	}
	return e
}

// first is the first that is preferred, else the first; nil if there is none.
func first(all []elsewhere, preferred func(elsewhere) bool) *elsewhere {
	if len(all) == 0 {
		return nil
	}
	return &all[max(0, slices.IndexFunc(all, preferred))]
}

func coversAny(names material.Names, hosts []string) bool {
	return slices.ContainsFunc(hosts, func(h string) bool { return names.Covers(h).Covered })
}

// says tells what is there.
func (e *elsewhere) says() string {
	switch {
	case e.certificate == nil:
		return fmt.Sprintf("Secret %s exists", e.at)
	case e.secret == nil:
		return fmt.Sprintf("Certificate %s/%s is to fill Secret %s", e.certificate.Namespace, e.certificate.Name, e.at)
	}
	return fmt.Sprintf("Secret %s exists, which Certificate %s/%s fills", e.at, e.certificate.Namespace, e.certificate.Name)
}

// move are the steps that make the Secret in another namespace.
func (e *elsewhere) move(to string) []finding.Step {
	cert := e.certificate
	if cert == nil {
		return []finding.Step{
			do(fmt.Sprintf("Create the Secret in namespace %s, by the same means as in %s.", to, e.at.Namespace)),
		}
	}
	show := []string{"-n", cert.Namespace, "get", apiName(cert.Object), "-o", "yaml"}
	what := "it refers to a ClusterIssuer, which is for all namespaces"
	if cert.Issuer.Kind != "ClusterIssuer" {
		what = fmt.Sprintf("its %s %s has to be there too, with the Secrets of its credentials, or to become a ClusterIssuer", cert.Issuer.Kind, cert.Issuer.Name)
	}
	if cert.UID == "" { // it is in a file
		return []finding.Step{do(fmt.Sprintf("Set metadata.namespace: %s in that Certificate: %s.", to, what))}
	}
	return []finding.Step{
		kubectlStep(show...),
		do(fmt.Sprintf("Apply that Certificate with metadata.namespace: %s and without status: %s.", to, what)),
		do(fmt.Sprintf("When it is ready there, delete the Certificate in %s.", cert.Namespace)),
	}
}

// rename is the step that gives the Secret the name that the gateway wants.
func (e *elsewhere) rename(to chain.Name) []finding.Step {
	if e.certificate != nil {
		return []finding.Step{setField(e.certificate.Object, "spec.secretName", to.Name)}
	}
	return []finding.Step{do(fmt.Sprintf("Create Secret %s with what Secret %s holds, by the same means.", to, e.at.Name))}
}
