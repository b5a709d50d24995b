package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// runsCatalogue is what can be wrong with whether the pods run.
func runsCatalogue() finding.Catalogue {
	return nil
}

// checkRuns judges whether the pods run.
func (c *checker) checkRuns(s *subject) {
}
