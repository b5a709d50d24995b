package rules

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// certificateCRD is the identity of the CRD of Certificates of a group, there or not.
func (c *checker) certificateCRD(group string) finding.Object {
	name := "certificates." + group
	for _, crd := range c.CRDs {
		if crd.Name == name {
			return crd.Object
		}
	}
	return chain.Absent("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", name)
}

// checkAPIs finds that cert-manager is not there at all, or twice.
func (c *checker) checkAPIs() {
	now, then := c.serves(chain.Group), c.serves(chain.OldGroup)
	switch {
	case c.Groups != nil && !now && !then:
		c.noAPI()
	case now && then:
		c.twoAPIs()
	}
}

// noAPI is an error only where something counts on cert-manager.
func (c *checker) noAPI() {
	f := finding.Finding{
		ID: "ENV01", Severity: finding.Info, Object: c.certificateCRD(chain.Group),
		What: "The cluster has no API of cert-manager: whoever makes the TLS Secrets has to renew them.",
	}
	if who := c.countsOnCertManager(); len(who) > 0 {
		f.Severity = finding.Error
		f.What = "The cluster has no API of cert-manager, but there is what counts on it: " + some(who) + "."
		f.Cause = "Neither cert-manager.io nor certmanager.k8s.io is among the API groups. Nothing issues or renews certificates."
		f.Fix = []finding.Step{
			run("kubectl get crd,deployment -A | grep -i cert-manager"),
			do("Install cert-manager with its CRDs, or install the CRDs again if only they were deleted: that has deleted all Certificates, too."),
		}
		f.Docs = "https://cert-manager.io/docs/installation/"
	}
	c.add(blocks, f)
}

// countsOnCertManager are the names of what is of no use without cert-manager.
func (c *checker) countsOnCertManager() []string {
	var who []string
	for _, s := range c.subjects {
		if askedBy(&s.Meta) != nil {
			who = append(who, inWords(s.Object))
		}
	}
	for _, o := range c.Certificates {
		who = append(who, inWords(o.Object))
	}
	for _, o := range c.Secrets {
		if c.reaches(o.Object) && issuedFor(&o.Meta) {
			who = append(who, inWords(o.Object))
		}
	}
	return who
}

// inWords is an object in a sentence: "Secret shop/web-tls".
func inWords(o finding.Object) string {
	if o.Namespace == "" {
		return o.Kind + " " + o.Name
	}
	return o.Kind + " " + o.Namespace + "/" + o.Name
}

// twoAPIs is a migration that was not finished.
func (c *checker) twoAPIs() {
	old := c.ignoredByNow()
	f := finding.Finding{
		ID: "ENV02", Severity: finding.Warning, Object: c.certificateCRD(chain.OldGroup),
		What:  "The cluster has both APIs of cert-manager, of which the controllers since v0.11 work on cert-manager.io only.",
		Cause: "The migration from certmanager.k8s.io was not finished. kubectl get certificate shows one of the two groups only.",
		Fix: []finding.Step{
			run("kubectl get certificates.certmanager.k8s.io,issuers.certmanager.k8s.io,clusterissuers.certmanager.k8s.io -A"),
			do("Once each of them has its like in cert-manager.io, delete the CRDs of certmanager.k8s.io: that deletes what is left of their objects."),
		},
		Docs: "https://cert-manager.io/docs/releases/upgrading/upgrading-0.10-0.11/",
	}
	if len(old) == 0 {
		f.Severity = finding.Info // nothing is left behind that anybody would miss
	} else {
		var names []string
		for _, o := range old {
			names = append(names, o.Namespace+"/"+o.Name)
		}
		f.Evidence = quote("certificates.certmanager.k8s.io without their like in cert-manager.io", some(names))
	}
	c.add(aside, f)
	if !c.since(0, 11) {
		return
	}
	for _, o := range old {
		c.add(symptom, finding.Finding{
			ID: "ENV02", Severity: finding.Warning, Object: o.Object,
			What:     fmt.Sprintf("Nobody works on the Certificate %s/%s: it is of certmanager.k8s.io, and the controller only knows cert-manager.io.", o.Namespace, o.Name),
			Evidence: quote("apiVersion", o.APIVersion),
			Fix: []finding.Step{
				inNamespace(o.Namespace, "get", "certificates.certmanager.k8s.io", o.Name, "-o", "yaml"),
				do("Make it again as cert-manager.io/v1 with the same secretName, without spec.acme: the way of the proof is in the issuer's solvers."),
			},
		})
	}
}

// ignoredByNow are the Certificates of the old group without one of the new group that
// fills the same Secret.
func (c *checker) ignoredByNow() []*chain.Certificate {
	filled := map[chain.Name]bool{}
	for _, o := range c.Certificates {
		if !o.OldAPI() {
			filled[o.Secret()] = true
		}
	}
	var old []*chain.Certificate
	for _, o := range c.Certificates {
		if o.OldAPI() && !filled[o.Secret()] {
			old = append(old, o)
		}
	}
	return old
}
