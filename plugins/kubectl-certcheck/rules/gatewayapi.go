package rules

import "github.com/kubechores/kubechores/pkg/finding"

func gatewayAPICatalogue() finding.Catalogue {
	return finding.Catalogue{}
}

func (c *checker) checkGatewayAPI() {}
