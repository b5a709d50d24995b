package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// connectionCatalogue is what can be wrong with what the log says of connections to the instances.
func connectionCatalogue() finding.Catalogue {
	return nil
}

// checkConnections judges what the log says of connections to the instances.
func (c *checker) checkConnections(s *subject) {
}
