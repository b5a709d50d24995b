package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// configurationCatalogue is what can be wrong with what the proxy is told.
func configurationCatalogue() finding.Catalogue {
	return nil
}

// checkConfiguration judges what the proxy is told.
func (c *checker) checkConfiguration(s *subject) {
}
