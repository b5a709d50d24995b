package rules

import (
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// publish makes the report: of the subjects, and of what concerns them.
func (c *checker) publish() *finding.Report {
	r := &finding.Report{Check: "certcheck", CheckedAt: c.Now}
	for _, s := range c.subjects {
		r.Subjects = append(r.Subjects, finding.Subject{Link: s.link, Facts: c.facts(s)})
	}
	causes := map[finding.Ref]bool{}
	for i := range c.found {
		if f := &c.found[i]; f.Because != nil && c.reached[f.Object] {
			causes[*f.Because] = true
		}
	}
	for i := range c.found {
		f := &c.found[i]
		general := strings.HasPrefix(f.ID, "ENV") && (len(c.subjects) > 0 || unseen(f.ID))
		if c.reached[f.Object] || general || causes[f.Ref()] {
			r.Findings = append(r.Findings, f.Finding)
		}
	}
	return r
}

// unseen are the ids of what could not be looked at: without them, nothing found would
// be taken for nothing wrong.
func unseen(id string) bool { return id == "ENV08" || id == "ENV09" }

// facts are the columns of a subject.
func (c *checker) facts(s *subject) []finding.Fact {
	facts := []finding.Fact{{Name: "hosts", Text: some(s.Hosts), Value: orEmpty(s.Hosts)}}
	var names []string
	var first *material.Certificate
	var renewal time.Time
	for _, u := range s.Uses {
		if name := shortName(u.Secret, s.Namespace); u.Secret.Name != "" && !contains(names, name) {
			names = append(names, name)
		}
		leaf := c.leafOf(u.Secret)
		if leaf != nil && (first == nil || leaf.NotAfter.Before(first.NotAfter)) {
			first = leaf
			renewal = time.Time{}
			if all := c.CertificatesFor(u.Secret); len(all) > 0 {
				renewal = c.renewalOf(all[0], leaf)
			}
		}
	}
	facts = append(facts, finding.Fact{Name: "secret", Text: some(names), Value: orEmpty(names)})
	expires, renews := finding.Fact{Name: "expires"}, finding.Fact{Name: "renews"}
	if first != nil {
		expires.Text, expires.Value = span(first.Left(c.Now)), first.NotAfter
	}
	if !renewal.IsZero() {
		renews.Text, renews.Value = span(renewal.Sub(c.Now)), renewal
	}
	return append(facts, expires, renews)
}

// leafOf is the certificate that a Secret serves; nil if it is not known.
func (c *checker) leafOf(n chain.Name) *material.Certificate {
	o := c.Secret(n)
	if o == nil {
		return nil
	}
	p := o.Served()
	if p == nil || p.Chain == nil || p.Chain.Leaf < 0 {
		return nil
	}
	return p.Chain.Certificates[p.Chain.Leaf]
}

func shortName(n chain.Name, namespace string) string {
	if n.Namespace == namespace {
		return n.Name
	}
	return n.String()
}
