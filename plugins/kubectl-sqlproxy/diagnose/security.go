package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// securityCatalogue is what can be wrong with who may use the proxy, and what it may do.
func securityCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "auto-iam-open", Severity: finding.Error, Title: "Whatever reaches the proxy is logged in to the database without a password"},
		{ID: "no-networkpolicy", Severity: finding.Warning, Title: "No NetworkPolicy says who may reach the databases"},
		{ID: "networkpolicy-open", Severity: finding.Warning, Title: "A NetworkPolicy lets all pods reach the databases"},
		{ID: "networkpolicy-unenforced", Severity: finding.Info, Title: "Nothing in the cluster seems to enforce NetworkPolicies"},
		{ID: "networkpolicy-http-port", Severity: finding.Info, Title: "The NetworkPolicy keeps Prometheus from the metrics"},
		{ID: "key-file-with-wi-available", Severity: finding.Warning, Title: "A key is used where Workload Identity could be"},
		{ID: "secret-newer-than-pods", Severity: finding.Warning, Title: "Pods run with the content of a Secret before its last change"},
		{ID: "debug-or-token-in-args", Severity: finding.Warning, Title: "A secret stands in the pod template, or the profiler is on"},
		{ID: "runs-as-root", Severity: finding.Warning, Title: "The proxy runs as root"},
		{ID: "privileged", Severity: finding.Warning, Title: "The proxy has rights on its node that it does not need"},
		{ID: "writable-root", Severity: finding.Warning, Title: "The proxy's root filesystem is writable"},
		{ID: "image-untagged", Severity: finding.Warning, Title: "The image's tag does not say which version runs"},
		{ID: "image-old", Severity: finding.Warning, Title: "The proxy's version is more than a year old"},
		{ID: "v1-proxy", Severity: finding.Warning, Title: "The proxy is of the first version"},
		{ID: "missing-resources", Severity: finding.Info, Title: "The proxy requests no CPU or no memory"},
		{ID: "cpu-limit", Severity: finding.Warning, Title: "A CPU limit slows connections down"},
		{ID: "memory-low", Severity: finding.Warning, Title: "The memory limit is too low for the connections"},
		{ID: "max-connections-sum", Severity: finding.Info, Title: "The replicas together let more connections through than the database takes"},
		{ID: "refresh-bursts", Severity: finding.Info, Title: "The replicas together may use up the quota of the API"},
		{ID: "service-links", Severity: finding.Error, Title: "Variables of a Service are taken for the proxy's own"},
	}
}

// checkSecurity judges who may use the proxy, and what it may do.
func (c *checker) checkSecurity(s *subject) {
	if s.exposed() {
		c.checkAdmission(s)
		c.checkScraping(s)
	}
	c.checkKeyAge(s)
	c.checkKeyless(s)
	c.checkTemplateSecrets(s)
	c.checkRights(s)
	c.checkImage(s)
	c.checkResources(s)
	c.checkSums(s)
	c.checkServiceLinks(s)
}
