package rules

import "github.com/kubechores/kubechores/pkg/finding"

func podCatalogue() finding.Catalogue {
	return finding.Catalogue{}
}

func (c *checker) checkPods() {}
