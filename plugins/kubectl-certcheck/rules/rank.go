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

// rank gives each symptom its cause, of the findings that a chain has deeper than it:
// the deepest that blocks, or else the deepest symptom. One that several subjects share
// keeps the first cause.
func (c *checker) rank() {
	all := c.newExplanations()
	for _, s := range c.subjects {
		candidates := c.candidates(s, all)
		for _, f := range candidates {
			if f.part != symptom || f.Because != nil {
				continue
			}
			if cause := causeOf(f, s.beside(f, candidates)); cause != nil {
				ref := cause.Ref()
				f.Because = &ref
			}
		}
	}
}

// explanations are the findings that explain others, or follow from others, by their
// place in checker.found. general are those that concern all that is managed.
type explanations struct {
	on      map[finding.Object][]int
	general []int
}

func (c *checker) newExplanations() explanations {
	x := explanations{on: map[finding.Object][]int{}}
	for i := range c.found {
		f := &c.found[i]
		if f.part == aside || f.Severity == finding.Info || f.Severity == finding.Skipped {
			continue
		}
		x.on[f.Object] = append(x.on[f.Object], i)
		// What is wrong with cert-manager itself concerns all that it issues.
		if strings.HasPrefix(f.ID, "ENV") && f.part == blocks {
			x.general = append(x.general, i)
		}
	}
	return x
}

// candidates are the explanations that are about a subject's chain, as they were found.
func (c *checker) candidates(s *subject, x explanations) []*found {
	var at []int
	if s.managed {
		at = append(at, x.general...)
	}
	for o := range s.objects {
		at = append(at, x.on[o]...)
	}
	slices.Sort(at)
	var all []*found
	for _, i := range slices.Compact(at) {
		all = append(all, &c.found[i])
	}
	return all
}

// beside are those of the candidates that are about the same Secret as f, and what is
// behind it: one of a door's certificates does not explain another. What is about the
// door itself may come from each of them.
func (s *subject) beside(f *found, candidates []*found) []*found {
	if f.Object == s.Object || len(s.branches) < 2 {
		return candidates
	}
	var all []*found
	for _, g := range candidates {
		if !s.objects[g.Object] || slices.ContainsFunc(s.branches, func(b map[finding.Object]bool) bool { return b[f.Object] && b[g.Object] }) {
			all = append(all, g)
		}
	}
	return all
}

// causeOf is the finding that a symptom follows from; nil if there is none. What blocks
// the same link explains it, too, unless it goes by the same name; two symptoms of one
// link do not follow from each other.
func causeOf(f *found, candidates []*found) *found {
	var cause *found
	for _, g := range candidates {
		deeper := depth(g.ID) > depth(f.ID) || (depth(g.ID) == depth(f.ID) && g.part == blocks && g.Ref() != f.Ref())
		if deeper && (cause == nil || compare(g, cause) > 0) {
			cause = g
		}
	}
	return cause
}

// compare orders causes: what blocks comes first, then what is deeper, then what is
// worse.
func compare(f, g *found) int {
	return cmp.Or(
		cmp.Compare(f.part, g.part),
		cmp.Compare(depth(f.ID), depth(g.ID)),
		cmp.Compare(severity(f), severity(g)),
		cmp.Compare(g.ID, f.ID))
}

func severity(f *found) int {
	if f.Severity == finding.Error {
		return 1
	}
	return 0
}
