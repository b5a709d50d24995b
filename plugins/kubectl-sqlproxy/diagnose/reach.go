package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// reachCatalogue is what can be wrong with how clients reach the proxy.
func reachCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "loopback-listener", Severity: finding.Error, Title: "A shared proxy listens on localhost, where no other pod reaches it"},
		{ID: "single-stack", Severity: finding.Error, Title: "The proxy does not listen in an IP family of its Service"},
		{ID: "target-port", Severity: finding.Error, Title: "A Service leads to a port on which nothing listens"},
		{ID: "selector", Severity: finding.Error, Title: "A Service selects other pods than the proxy's"},
		{ID: "no-endpoints", Severity: finding.Error, Title: "No pod is ready behind a Service"},
		{ID: "no-service", Severity: finding.Warning, Title: "No Service leads to a shared proxy"},
		{ID: "service-exposed", Severity: finding.Error, Title: "The proxy can be reached from outside of the cluster"},
		{ID: "istio-sniff", Severity: finding.Warning, Title: "Istio waits for a client of MySQL to speak first"},
	}
}

// checkReach judges how clients reach the proxy.
func (c *checker) checkReach(s *subject) {
	if !s.Shared {
		return
	}
	c.checkLoopback(s)
	c.checkFamilies(s)
	c.checkTargetPorts(s)
	c.checkSelector(s)
	c.checkNoService(s)
	c.checkEndpoints(s)
	c.checkExposed(s)
	c.checkSniffing(s)
}
