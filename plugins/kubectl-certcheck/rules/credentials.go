package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

func credentialCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "CRED01", Severity: finding.Error, Title: "The Secret with an issuer's credentials is missing"},
		{ID: "CRED02", Severity: finding.Error, Title: "The Secret with an issuer's credentials lacks the key that is named"},
		{ID: "CRED03", Severity: finding.Error, Title: "Only one half of the AWS access key is given"},
		{ID: "CRED04", Severity: finding.Error, Title: "No credentials are given, and none may be taken from the surroundings"},
		{ID: "CRED05", Severity: finding.Error, Title: "The access key ID is given in a way that cert-manager refuses"},
		{ID: "CRED06", Severity: finding.Error, Title: "White space, quotes or a second base64 around a credential"},
		{ID: "CRED07", Severity: finding.Warning, Title: "A credential does not look like what it should be"},
		{ID: "CRED08", Severity: finding.Warning, Title: "A secret access key stands in the issuer's manifest"},
		{ID: "CRED09", Severity: finding.Error, Title: "AWS does not accept the credentials"},
	}
}

// checkCredentials looks at what issuers say of their credentials and at the shape of
// the Secrets, before anything is ordered; and at what cert-manager said when it used
// them, which is the better evidence.
func (c *checker) checkCredentials() {
	said := c.complaints()
	challenges := map[*chain.Issuer][]*chain.Challenge{}
	for _, o := range c.Challenges {
		if i := c.IssuerOf(o.Issuer, o.Namespace); i != nil && o.Solver.DNS01 != nil && c.reaches(o.Object) {
			challenges[i] = append(challenges[i], o)
		}
	}
	for _, i := range c.Issuers {
		if !c.reaches(i.Object) {
			continue
		}
		solvers := c.credentialSolvers(i, said, challenges[i])
		for _, ref := range c.credentialRefs(i, solvers) {
			c.checkRef(ref)
		}
		for _, s := range solvers {
			c.checkProvider(s)
		}
	}
	for i := range said {
		if strings.HasPrefix(said[i].id, "CRED") {
			c.checkComplaint(&said[i])
		}
	}
}

// credentialSolver is a DNS-01 solver of an issuer, and what was said of it.
type credentialSolver struct {
	*chain.DNS01
	issuer    *chain.Issuer
	namespace string // of its Secrets
	// at is where it stands: "spec.acme.solvers[0].dns01"; pointer the same as a JSON
	// pointer.
	at, pointer string
	said        []*complaint
	challenges  []*chain.Challenge // that use it
	// part is that of what is found: a solver among others may be one that no
	// certificate of the chain needs.
	part part
}

func (c *checker) credentialSolvers(i *chain.Issuer, said []complaint, challenges []*chain.Challenge) []*credentialSolver {
	if i.ACME == nil {
		return nil
	}
	var all []*credentialSolver
	for n := range i.ACME.Solvers {
		d := i.ACME.Solvers[n].DNS01
		if d == nil {
			continue
		}
		s := &credentialSolver{
			DNS01: d, issuer: i, namespace: c.CredentialNamespace(i),
			at: fmt.Sprintf("spec.acme.solvers[%d].dns01", n), pointer: fmt.Sprintf("/spec/acme/solvers/%d/dns01", n),
		}
		if i.ACME.Old {
			s.at, s.pointer = fmt.Sprintf("spec.acme.dns01.providers[%d]", n), fmt.Sprintf("/spec/acme/dns01/providers/%d", n)
		}
		for k := range said {
			if said[k].of(i, d) {
				s.said = append(s.said, &said[k])
			}
		}
		for _, o := range challenges {
			if by := (complaint{issuer: i, solver: o.Solver.DNS01}); by.of(i, d) {
				s.challenges = append(s.challenges, o)
			}
		}
		underWay := slices.ContainsFunc(s.challenges, func(o *chain.Challenge) bool { return !o.Ended() })
		if len(i.ACME.Solvers) == 1 || len(s.said) > 0 || invalidSolver(i) != "" || underWay {
			s.part = blocks
		}
		all = append(all, s)
	}
	return all
}

// invalidSolver is what cert-manager v1.21 and later says of the Secrets of an issuer,
// which is not ready then.
func invalidSolver(i *chain.Issuer) string {
	if ready := i.Conditions.Get("Ready"); ready != nil && ready.Status == "False" && ready.Reason == "InvalidSolver" {
		return ready.Message
	}
	return ""
}

// proven reports whether AWS has accepted the credentials of late: a record was
// written, or AWS knew whom to refuse it.
func (s *credentialSolver) proven() bool {
	for _, o := range s.said {
		if strings.HasPrefix(o.id, "IAM") && o.id != "IAM05" {
			return true
		}
	}
	return slices.ContainsFunc(s.challenges, func(o *chain.Challenge) bool { return o.Presented })
}

// evidence is what was said of the solver that means the same finding.
func (s *credentialSolver) evidence(id string) []finding.Evidence {
	for _, o := range s.said {
		if o.id == id {
			return []finding.Evidence{{Source: o.by.Kind + " " + o.by.Name + ", " + o.Source, Text: o.Text}}
		}
	}
	return nil
}

// mostEvidence is how much a finding has that many challenges lead to.
const mostEvidence = 6

// merge adds a finding about credentials. Of the same id about the same object there is
// one, which has what all of them have: a Secret may be wrong in two of its keys.
func (c *checker) merge(p part, f finding.Finding) {
	if !c.has(f.ID, f.Object) {
		c.add(p, f)
		return
	}
	for i := range c.found {
		old := &c.found[i]
		if old.ID != f.ID || old.Object != f.Object {
			continue
		}
		old.part = max(old.part, p)
		if severityOf(f.Severity) > severityOf(old.Severity) {
			old.Finding, f = f, old.Finding
		}
		if f.What != old.What {
			old.Cause = strings.TrimSpace(old.Cause + " Besides: " + f.What)
		}
		for _, e := range f.Evidence {
			if len(old.Evidence) < mostEvidence && !slices.Contains(old.Evidence, e) {
				old.Evidence = append(old.Evidence, e)
			}
		}
		for _, step := range f.Fix {
			if !slices.Contains(old.Fix, step) {
				old.Fix = append(old.Fix, step)
			}
		}
		return
	}
}

func severityOf(s finding.Severity) int {
	return slices.Index([]finding.Severity{finding.Info, finding.Warning, finding.Error}, s)
}
