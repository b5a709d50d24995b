package rules

import "github.com/kubechores/kubechores/pkg/finding"

func credentialCatalogue() finding.Catalogue {
	return finding.Catalogue{}
}

func (c *checker) checkCredentials() {}
