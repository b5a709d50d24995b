package rules

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

func ingressCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "ING01", Severity: finding.Error, Title: "The Secret of an Ingress does not exist"},
		{ID: "ING02", Severity: finding.Error, Title: "The certificate of an Ingress does not cover its hosts, or no TLS block has them"},
		{ID: "ING03", Severity: finding.Warning, Title: "cert-manager cannot make the Certificates that an Ingress asks for"},
		{ID: "ING04", Severity: finding.Error, Title: "Istio looks for the Secret of an Ingress in the gateway's namespace"},
	}
}

func (c *checker) checkIngresses() {
	for _, o := range c.Ingresses {
		if !c.reaches(o.Object) {
			continue
		}
		for i := range o.TLS {
			c.checkIngressSecret(o, i)
			c.checkIngressHosts(o, i)
		}
		c.checkRuleHosts(o)
		c.checkIngressShim(o)
	}
}

// tlsSecret is the Secret of a TLS block; its Name is empty where the controller's
// default certificate is meant.
func (c *checker) tlsSecret(o *chain.Ingress, block int) chain.Name {
	return chain.Name{Namespace: c.IngressNamespace(o), Name: o.TLS[block].SecretName}
}

func (c *checker) checkIngressSecret(o *chain.Ingress, block int) {
	n := c.tlsSecret(o, block)
	if n.Name == "" || c.Secret(n) != nil || c.Absence("Secret", n.Namespace) != chain.Gone {
		return
	}
	source := fmt.Sprintf("spec.tls[%d].secretName", block)
	f := finding.Finding{
		ID: "ING01", Severity: finding.Error, Object: o.Object,
		What:     fmt.Sprintf("The Secret %s of the Ingress does not exist.", n),
		Evidence: quote(source, n.Name),
		Cause:    c.elsewhere(n),
		Fix:      c.fillSecret(n),
	}
	if o.Class == "nginx" {
		f.What = fmt.Sprintf("The Secret %s of the Ingress does not exist, so ingress-nginx serves its own \"Fake Certificate\".", n)
	}
	if o.Class == "istio" && n.Namespace != o.Namespace {
		f.ID = "ING04"
		f.What = fmt.Sprintf("Istio looks for the Secret %s of the Ingress in the namespace of its gateway, %s, where it does not exist.", n.Name, n.Namespace)
		f.Cause = ""
		if here := (chain.Name{Namespace: o.Namespace, Name: n.Name}); c.Secret(here) != nil {
			f.What = fmt.Sprintf("The Secret %s is in the namespace of the Ingress, but Istio looks for it in that of its gateway, %s.", here, n.Namespace)
			f.Fix = []finding.Step{do(fmt.Sprintf("Have the Certificate, or a copy of the Secret that follows it, in namespace %s.", n.Namespace))}
			if all := c.CertificatesFor(here); len(all) > 0 {
				f.Fix = append(f.Fix, inNamespace(o.Namespace, "get", "certificate", all[0].Name, "-o", "yaml"))
			}
		}
	}
	c.add(symptom, f)
}

// checkIngressHosts judges whether the certificate of a TLS block is for its hosts.
func (c *checker) checkIngressHosts(o *chain.Ingress, block int) {
	n := c.tlsSecret(o, block)
	leaf := c.tlsLeaf(n)
	if n.Name == "" || leaf == nil {
		return
	}
	leaves := []*material.Certificate{leaf}
	severity := finding.Warning
	var hosts []string
	first := ""
	for _, host := range o.TLS[block].Hosts {
		why, partly := uncovered(host, leaves)
		if why == "" {
			continue
		}
		if !partly {
			severity = finding.Error
		}
		if hosts = append(hosts, host); first == "" {
			first = why
		}
	}
	if len(hosts) == 0 {
		return
	}
	c.add(symptom, finding.Finding{
		ID: "ING02", Severity: severity, Object: o.Object,
		What: fmt.Sprintf("The certificate in Secret %s does not cover %s: %s.", n, some(hosts), first),
		Evidence: []finding.Evidence{
			{Source: fmt.Sprintf("spec.tls[%d].hosts", block), Text: some(o.TLS[block].Hosts)},
			{Source: "SANs of the certificate", Text: some(allNames(leaves))},
		},
		Fix: c.coverFix(n, hosts),
	})
}

// checkRuleHosts finds hosts of rules that no TLS block names, beside others that are
// named. A block without hosts is for all, and some controllers take any certificate
// that covers the host.
func (c *checker) checkRuleHosts(o *chain.Ingress) {
	var leaves []*material.Certificate
	var names []string
	for i, block := range o.TLS {
		if len(block.Hosts) == 0 {
			return
		}
		names = append(names, block.Hosts...)
		n := c.tlsSecret(o, i)
		if n.Name == "" {
			continue
		}
		leaf := c.tlsLeaf(n)
		if leaf == nil {
			return // more is wrong than this, and it may cover all
		}
		leaves = append(leaves, leaf)
	}
	var open []string
	for _, host := range o.RuleHosts {
		if (material.Names{DNS: names}).Covers(host).Covered || contains(names, host) || contains(open, host) {
			continue
		}
		if why, _ := uncovered(host, leaves); why != "" || len(leaves) == 0 {
			open = append(open, host)
		}
	}
	if len(open) == 0 {
		return
	}
	c.add(aside, finding.Finding{
		ID: "ING02", Severity: finding.Warning, Object: o.Object,
		What: fmt.Sprintf("The Ingress has rules for %s, but no TLS block: over https, its controller serves a default certificate for that.", some(open)),
		Evidence: []finding.Evidence{
			{Source: "spec.rules[*].host", Text: some(o.RuleHosts)},
			{Source: "spec.tls[*].hosts", Text: some(names)},
		},
		Fix: []finding.Step{do("Add the hosts to spec.tls, and to the certificate; leave it if they are for http only.")},
	})
}
