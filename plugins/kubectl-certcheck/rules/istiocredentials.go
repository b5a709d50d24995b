package rules

import "github.com/kubechores/kubechores/pkg/finding"

func istioCredentialsCatalogue() finding.Catalogue {
	return finding.Catalogue{}
}

func (c *checker) checkIstioCredentials() {}
