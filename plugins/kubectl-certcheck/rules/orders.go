package rules

import "github.com/kubechores/kubechores/pkg/finding"

func orderCatalogue() finding.Catalogue {
	return finding.Catalogue{}
}

func (c *checker) checkOrders() {}
