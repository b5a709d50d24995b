package diagnose

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
)

func unseenCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "not-looked-at", Severity: finding.Skipped, Title: "Something could not be looked at"},
		{ID: "not-readable", Severity: finding.Warning, Title: "An object cannot be read"},
	}
}

// checkUnseen says what was not judged.
func (c *checker) checkUnseen() {
	for _, m := range c.Missing {
		o := finding.Object{Kind: m.Kind, Namespace: m.Namespace}
		c.found = append(c.found, &found{Finding: finding.Finding{
			ID: "not-looked-at", Severity: finding.Skipped, Object: o,
			What: fmt.Sprintf("Could not look at %s: what they would show is not known.", m.Resource), Evidence: quote("API", m.Reason),
		}})
	}
	for _, p := range c.Problems {
		c.found = append(c.found, &found{Finding: finding.Finding{
			ID: "not-readable", Severity: finding.Warning, Object: p.Object, What: p.What, Evidence: quote("reading", p.Text),
		}})
	}
}
