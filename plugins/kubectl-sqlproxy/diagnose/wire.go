package diagnose

import (
	"github.com/kubechores/kubechores/pkg/finding"
)

// wireCatalogue is what can be wrong with what a look at the wire has shown.
func wireCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "wire-other-engine", Severity: finding.Warning, Title: "Another database answers than the port says"},
		{ID: "wire-cut", Severity: finding.Error, Title: "The proxy ends connections before the database has said a word"},
		{ID: "wire-silent", Severity: finding.Warning, Title: "Nothing answers on a port that takes connections"},
		{ID: "wire-no-listener", Severity: finding.Error, Title: "Nothing hears on a port of the proxy"},
		{ID: "connection-test-failed", Severity: finding.Error, Title: "The proxy's own test of its instances fails"},
	}
}

// checkWire judges what a look at the wire has shown.
func (c *checker) checkWire(s *subject) {
	c.checkHeard(s)
	c.checkTests(s)
}
