package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// credentialCatalogue is what can be wrong with as whom the proxy asks.
func credentialCatalogue() finding.Catalogue {
	return nil
}

// checkCredentials judges as whom the proxy asks.
func (c *checker) checkCredentials(s *subject) {
}
