package rules

import "github.com/kubechores/kubechores/pkg/finding"

func issuerCatalogue() finding.Catalogue {
	return finding.Catalogue{}
}

func (c *checker) checkIssuers() {}
