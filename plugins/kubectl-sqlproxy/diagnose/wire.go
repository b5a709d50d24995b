package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// wireCatalogue is what can be wrong with what a look at the wire has shown.
func wireCatalogue() finding.Catalogue {
	return nil
}

// checkWire judges what a look at the wire has shown.
func (c *checker) checkWire(s *subject) {
}
