package rules

import "github.com/kubechores/kubechores/pkg/finding"

func ingressCatalogue() finding.Catalogue {
	return finding.Catalogue{}
}

func (c *checker) checkIngresses() {}
