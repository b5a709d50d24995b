package rules

import (
	"github.com/kubechores/kubechores/pkg/finding"
)

// part is what a finding has to do with others.
type part int

const (
	// aside: it stands by itself. A weak key does not come from a missing credential.
	aside part = iota
	// symptom: it follows from whatever keeps the certificate from being issued, if
	// anything was found that does.
	symptom
	// blocks: it keeps a certificate from being issued or served. Symptoms of the same
	// chain follow from the deepest that does.
	blocks
)

// found is a finding and its part.
type found struct {
	finding.Finding
	part
}

// add adds a finding.
func (c *checker) add(p part, f finding.Finding) {
	c.found = append(c.found, found{f, p})
	c.named[f.Ref()] = true
}

// has reports whether a finding was added about an object.
func (c *checker) has(id string, about finding.Object) bool {
	return c.named[finding.Ref{ID: id, Object: about}]
}

// yield lets a finding that was added about an object follow from a deeper one.
func (c *checker) yield(id string, about finding.Object) {
	for i := range c.found {
		if c.found[i].ID == id && c.found[i].Object == about {
			c.found[i].part = symptom
		}
	}
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
