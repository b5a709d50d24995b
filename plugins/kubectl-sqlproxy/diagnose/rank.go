package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// rank gives each symptom its cause: of what was found at the same proxy, the deepest
// that blocks, or else a deeper symptom; nothing that lies nearer to the client.
func (c *checker) rank() {
	for _, s := range c.subjects {
		for _, f := range s.found {
			if f.part != symptom {
				continue
			}
			if cause := s.causeOf(f); cause != nil {
				ref := cause.Ref()
				f.Because = &ref
			}
		}
	}
}

func (s *subject) causeOf(f *found) *found {
	var cause *found
	for _, g := range s.found {
		if g.part == aside || g.Ref() == f.Ref() || g.Severity == finding.Info || g.Severity == finding.Skipped {
			continue
		}
		// What lies nearer to the client is no cause: a listener that none reaches ends no pod.
		if g.depth < f.depth || g.part == symptom && g.depth == f.depth {
			continue
		}
		if cause == nil || g.part > cause.part || g.part == cause.part && g.depth > cause.depth {
			cause = g
		}
	}
	return cause
}
