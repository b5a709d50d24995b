package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// shutdownCatalogue is what can be wrong with how a pod ends.
func shutdownCatalogue() finding.Catalogue {
	return nil
}

// checkShutdown judges how a pod ends.
func (c *checker) checkShutdown(s *subject) {
}
