package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// sidecarCatalogue is what can be wrong with sidecars beside a shared proxy, and clients.
func sidecarCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "client-without-label", Severity: finding.Error, Title: "A client of the proxy is not let in by its NetworkPolicy"},
		{ID: "sidecar-in-job", Severity: finding.Error, Title: "A proxy keeps the pods of a job from ending"},
		{ID: "sidecar-left", Severity: finding.Info, Title: "A sidecar serves an instance that a shared proxy serves"},
		{ID: "sidecar-and-service", Severity: finding.Info, Title: "A workload uses a sidecar and a shared proxy"},
		{ID: "operator-injected", Severity: finding.Info, Title: "The operator puts sidecars into pods for an instance that a shared proxy serves"},
	}
}

// checkSidecars judges sidecars beside a shared proxy, and clients.
func (c *checker) checkSidecars(s *subject) {
	if s.Shared {
		c.checkClients(s)
		c.checkInjectors(s)
		return
	}
	if !c.checkEnds(s) {
		c.checkLeft(s)
	}
}
