package rules

import "github.com/kubechores/kubechores/pkg/finding"

func istioFilesCatalogue() finding.Catalogue {
	return finding.Catalogue{}
}

func (c *checker) checkIstioFiles() {}
