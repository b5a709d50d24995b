package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// securityCatalogue is what can be wrong with who may use the proxy, and what it may do.
func securityCatalogue() finding.Catalogue {
	return nil
}

// checkSecurity judges who may use the proxy, and what it may do.
func (c *checker) checkSecurity(s *subject) {
}
