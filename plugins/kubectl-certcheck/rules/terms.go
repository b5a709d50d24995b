package rules

import (
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// Term is the lifetime of the certificate that a Secret has for a door.
type Term struct {
	Door   finding.Object
	Secret chain.Name
	// NotAfter is when the certificate ends, Renewal when cert-manager is due to renew
	// it; zero is never.
	NotAfter, Renewal time.Time
}

// Terms returns those of all that would be judged, once for each door and Secret whose
// certificate is known. The errors are those of Check.
func Terms(s *chain.Snapshot, opts Options) ([]Term, error) {
	c := newChecker(s, opts)
	if err := c.choose(); err != nil {
		return nil, err
	}
	var all []Term
	for _, subject := range c.subjects {
		seen := map[chain.Name]bool{}
		for _, use := range subject.Uses {
			leaf := c.leafOf(use.Secret)
			if leaf == nil || seen[use.Secret] {
				continue
			}
			seen[use.Secret] = true
			term := Term{Door: subject.Object, Secret: use.Secret, NotAfter: leaf.NotAfter}
			if certificates := c.CertificatesFor(use.Secret); len(certificates) > 0 {
				term.Renewal = c.renewalOf(certificates[0], leaf)
			}
			all = append(all, term)
		}
	}
	return all, nil
}
