package rules

import "github.com/kubechores/kubechores/pkg/finding"

func environmentCatalogue() finding.Catalogue {
	return finding.Catalogue{}
}

func (c *checker) checkEnvironment() {}
