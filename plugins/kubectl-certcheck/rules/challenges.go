package rules

import "github.com/kubechores/kubechores/pkg/finding"

func challengeCatalogue() finding.Catalogue {
	return finding.Catalogue{}
}

func (c *checker) checkChallenges() {}
