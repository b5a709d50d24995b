package diagnose

import (
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
)

// part is what a finding has to do with others.
type part int

const (
	// aside: it stands by itself. A missing budget does not come from a wrong key.
	aside part = iota
	// symptom: it follows from whatever blocks, if anything was found that does: a pod that
	// is not ready, an Endpoint that is missing.
	symptom
	// blocks: it keeps clients from being served.
	blocks
)

// found is a finding, its part and how deep its matter lies.
type found struct {
	finding.Finding
	part
	depth int
}

// add adds a finding about a subject, or an object of its chain.
func (c *checker) add(s *subject, p part, f finding.Finding) {
	s.reach(f.Object)
	one := &found{f, p, c.index.depths[f.ID]}
	c.found, s.found = append(c.found, one), append(s.found, one)
}

// has reports whether a finding of an id was added about a subject.
func (s *subject) has(id string) bool {
	return slices.ContainsFunc(s.found, func(f *found) bool { return f.ID == id })
}

// quote is evidence, left out where there is no text.
func quote(source, text string) []finding.Evidence {
	if text == "" {
		return nil
	}
	return []finding.Evidence{{Source: source, Text: text}}
}

// do is a step in words, run one as a command.
func do(text string) finding.Step  { return finding.Step{Do: text} }
func run(line string) finding.Step { return finding.Step{Run: line} }
