package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// depth is how deep in the chain a family of findings lies: the deepest thing that
// blocks is the root cause.
func depth(id string) int {
	switch id {
	case "CON02", "GWA03", "GWA04", "ING03": // why there is no Certificate: deeper than what its lack does to the Secret
		id = "CRT"
	}
	families := []string{"LIVE", "CON", "POD", "ING", "GWA", "GWC", "GWF", "CAB", "SEC", "CRT", "ORD", "CHAL", "ISS", "IAM", "CRED", "ENV"}
	return slices.Index(families, strings.TrimRight(id, "0123456789"))
}

// rank gives each symptom its cause: the deepest finding that blocks within a chain
// that both are in.
func (c *checker) rank() {
	for _, s := range c.subjects {
		if root := c.rootOf(s); root != nil {
			c.explain(s, root)
		}
	}
}

// rootOf is the deepest finding of a subject's chain that explains symptoms; nil if
// there is none.
func (c *checker) rootOf(s *subject) *found {
	var root *found
	for i := range c.found {
		f := &c.found[i]
		if f.part == aside || f.Severity == finding.Info || f.Severity == finding.Skipped || !c.concerns(f, s) {
			continue
		}
		if root == nil || compare(f, root) > 0 {
			root = f
		}
	}
	return root
}

// compare orders candidates: what is deeper, then what blocks, then what is worse.
func compare(f, g *found) int {
	return cmp.Or(
		cmp.Compare(depth(f.ID), depth(g.ID)),
		cmp.Compare(f.part, g.part),
		cmp.Compare(severity(f), severity(g)),
		cmp.Compare(g.ID, f.ID))
}

func severity(f *found) int {
	if f.Severity == finding.Error {
		return 1
	}
	return 0
}

// explain makes the symptoms of a subject's chain follow from the root cause. One that
// several subjects share keeps the first cause. Two symptoms of one link do not follow
// from each other.
func (c *checker) explain(s *subject, root *found) {
	for i := range c.found {
		f := &c.found[i]
		if f.part != symptom || f == root || f.Because != nil || !c.concerns(f, s) || compare(f, root) >= 0 {
			continue
		}
		if root.part == symptom && depth(f.ID) == depth(root.ID) {
			continue
		}
		if root.Because == nil {
			ref := root.Ref()
			f.Because = &ref
		}
	}
}

// concerns reports whether a finding is about the subject's chain. What is wrong with
// cert-manager itself concerns all that it issues.
func (c *checker) concerns(f *found, s *subject) bool {
	if s.objects[f.Object] {
		return true
	}
	return strings.HasPrefix(f.ID, "ENV") && f.part == blocks && s.managed
}
