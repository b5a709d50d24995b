package rules

import "github.com/kubechores/kubechores/pkg/finding"

func secretCatalogue() finding.Catalogue {
	return finding.Catalogue{}
}

func (c *checker) checkSecrets() {}
