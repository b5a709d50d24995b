package diagnose

import "github.com/kubechores/kubechores/pkg/finding"

// depthOf is that of the id's family; 0 for one that is in none.
func depthOf(id string) int {
	for _, f := range families() {
		for _, e := range f.catalogue() {
			if e.ID == id {
				return f.depth
			}
		}
	}
	return 0
}

// rank gives each symptom its cause: of what was found at the same proxy, the deepest
// that blocks, or else a deeper symptom; nothing that lies nearer to the client.
func (c *checker) rank() {
	for i := range c.found {
		f := &c.found[i]
		if f.part != symptom {
			continue
		}
		if cause := c.causeOf(f); cause != nil {
			ref := cause.Ref()
			f.Because = &ref
		}
	}
}

func (c *checker) causeOf(f *found) *found {
	var cause *found
	for i := range c.found {
		g := &c.found[i]
		if g.at != f.at || g.part == aside || g.Ref() == f.Ref() || g.Severity == finding.Info || g.Severity == finding.Skipped {
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
