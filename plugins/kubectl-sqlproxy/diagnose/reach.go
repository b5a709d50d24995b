package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// reachCatalogue is what can be wrong with how clients reach the proxy.
func reachCatalogue() finding.Catalogue {
	return nil
}

// checkReach judges how clients reach the proxy.
func (c *checker) checkReach(s *subject) {
}
