package rules

import "github.com/kubechores/kubechores/pkg/finding"

func iamCatalogue() finding.Catalogue {
	return finding.Catalogue{}
}

func (c *checker) checkIAM() {}
