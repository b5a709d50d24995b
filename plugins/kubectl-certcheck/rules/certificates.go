package rules

import "github.com/kubechores/kubechores/pkg/finding"

func certificateCatalogue() finding.Catalogue {
	return finding.Catalogue{}
}

func (c *checker) checkCertificates() {}
