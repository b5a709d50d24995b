package rules

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkElsewhere finds Issuers that were made in the wrong namespace: nobody uses them
// there, and a Certificate elsewhere refers to that name. An Issuer serves its own
// namespace only.
func (c *checker) checkElsewhere() {
	idle := c.idleIssuers()
	seen := map[finding.Object]bool{}
	for _, o := range c.Certificates {
		ref := o.Issuer
		if !c.reaches(o.Object) || !ref.Ours() || ref.Kind != "Issuer" || c.IssuerOf(ref, o.Namespace) != nil {
			continue
		}
		object := c.IssuerObject(ref, o.Namespace)
		cluster := c.IssuerOf(chain.IssuerRef{Group: ref.Group, Kind: "ClusterIssuer", Name: ref.Name}, "")
		i := idle[ref]
		if i == nil || cluster != nil || c.Absence("Issuer", o.Namespace) == chain.Unseen {
			continue
		}
		c.yield("CRT03", o.Object) // says of the Certificate what is said here of the issuer
		if !seen[object] {
			seen[object] = true
			c.addElsewhere(o, i)
		}
	}
}

// idleIssuers are the Issuers that no Certificate refers to, by how one would.
func (c *checker) idleIssuers() map[chain.IssuerRef]*chain.Issuer {
	used := map[*chain.Issuer]bool{}
	for _, o := range c.Certificates {
		used[c.IssuerOf(o.Issuer, o.Namespace)] = true
	}
	idle := map[chain.IssuerRef]*chain.Issuer{}
	for _, i := range c.Issuers {
		ref := chain.IssuerRef{Group: chain.Group, Kind: "Issuer", Name: i.Name}
		if i.OldAPI() {
			ref.Group = chain.OldGroup
		}
		if i.Kind == "Issuer" && !used[i] && idle[ref] == nil {
			idle[ref] = i
		}
	}
	return idle
}

func (c *checker) addElsewhere(o *chain.Certificate, i *chain.Issuer) {
	f := finding.Finding{
		ID: "ISS02", Severity: finding.Error, Object: c.IssuerObject(o.Issuer, o.Namespace),
		What: fmt.Sprintf("The Issuer %s is in namespace %s, where no Certificate uses it; the Certificate %s looks for it in %s.", i.Name, i.Namespace, o.Name, o.Namespace),
		Evidence: append(quote("certificate "+o.Namespace+"/"+o.Name+" spec.issuerRef", "kind: Issuer, name: "+i.Name),
			finding.Evidence{Source: "issuer", Text: i.Namespace + "/" + i.Name}),
		Cause: "An Issuer serves the Certificates of its own namespace only; a ClusterIssuer serves all.",
		Fix: []finding.Step{
			do(fmt.Sprintf("Make the Issuer in namespace %s, with the Secrets of its credentials. This shows its spec:", o.Namespace)),
			certShow(i),
			do("Or make it a ClusterIssuer, with those Secrets in namespace " + c.ClusterResourceNamespace() + ", and refer to that:"),
			run("kubectl patch certificate " + script.Quote(o.Name) + " -n " + script.Quote(o.Namespace) + ` --type=merge -p '{"spec":{"issuerRef":{"kind":"ClusterIssuer"}}}'`),
		},
		Retry: "cert-manager goes on as soon as the issuer is there.",
		Docs:  "https://cert-manager.io/docs/concepts/issuer/",
	}
	if c.Absence("Issuer", o.Namespace) == chain.NotInFiles {
		f.Severity = finding.Info // it may be in the cluster
	}
	c.add(blocks, f)
}
