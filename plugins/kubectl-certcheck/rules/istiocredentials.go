package rules

import "github.com/kubechores/kubechores/pkg/finding"

func istioCredentialsCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "GWC01", Severity: finding.Error, Title: "An Istio Gateway selects no running pod"},
		{ID: "GWC02", Severity: finding.Error, Title: "The Secret of a credentialName is not in the namespace of the gateway's pods"},
		{ID: "GWC03", Severity: finding.Warning, Title: "The gateway's pods are in several namespaces with different certificates"},
		{ID: "GWC04", Severity: finding.Error, Title: "The Secret of a credentialName lacks the certificate or the key"},
		{ID: "GWC05", Severity: finding.Error, Title: "A Secret holds two certificates, and Istio serves the other one"},
		{ID: "GWC06", Severity: finding.Error, Title: "The certificate is not for a host of the Gateway"},
		{ID: "GWC07", Severity: finding.Warning, Title: "The Gateway or its certificate is not for a host of a VirtualService"},
		{ID: "GWC08", Severity: finding.Warning, Title: "Several Istio Gateways serve one certificate on the same port"},
		{ID: "GWC09", Severity: finding.Error, Title: "Two servers claim one host on the same port, and Istio leaves one out"},
		{ID: "GWC10", Severity: finding.Error, Title: "The gateway's ServiceAccount may not list Secrets"},
		{ID: "GWC11", Severity: finding.Warning, Title: "The TLS settings of a server have no effect, or allow old protocols"},
		{ID: "GWC12", Severity: finding.Error, Title: "A server asks for client certificates and no Secret has the CA"},
		{ID: "GWC13", Severity: finding.Warning, Title: "Envoy waits for a Secret that exists"},
		{ID: "GWC14", Severity: finding.Warning, Title: "No Service exposes the port of a server"},
	}
}

func (c *checker) checkIstioCredentials() {
	all := c.doors()
	for _, d := range all {
		if !c.reaches(d.Object) {
			continue
		}
		c.checkSelector(d)
		c.checkRights(d)
		c.checkWarming(d)
		c.checkServerPorts(d)
		for i := range d.servers {
			s := &d.servers[i]
			c.checkServerSettings(d, s)
			c.checkServerHosts(d, s)
			c.checkServerSecrets(d, s)
		}
	}
	c.checkRoutes(all)
	c.checkSharedCredentials(all)
	c.checkDuplicateHosts(all)
}
