package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// sidecarCatalogue is what can be wrong with sidecars beside a shared proxy, and clients.
func sidecarCatalogue() finding.Catalogue {
	return nil
}

// checkSidecars judges sidecars beside a shared proxy, and clients.
func (c *checker) checkSidecars(s *subject) {
}
