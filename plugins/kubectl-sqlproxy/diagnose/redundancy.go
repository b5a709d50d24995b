package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// redundancyCatalogue is what can be wrong with what happens when a pod or a node goes.
func redundancyCatalogue() finding.Catalogue {
	return nil
}

// checkRedundancy judges what happens when a pod or a node goes.
func (c *checker) checkRedundancy(s *subject) {
}
