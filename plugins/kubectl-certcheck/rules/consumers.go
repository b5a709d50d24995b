package rules

import "github.com/kubechores/kubechores/pkg/finding"

func consumerCatalogue() finding.Catalogue {
	return finding.Catalogue{}
}

func (c *checker) checkConsumers() {}
