package finding

import (
	"cmp"
	"slices"
)

// view is a report put in order: what every format prints.
type view struct {
	*Report
	findings []*Finding    // in order, each once
	byRef    map[Ref]int   // the first of that name
	root     []int         // of each finding, its root cause; itself, if it has none
	subjects []subjectView // in order; last what belongs to no subject
}

// subjectView is a subject with its findings.
type subjectView struct {
	*Subject
	verdict  Severity
	groups   []group
	invented bool // stands for findings that belong to no subject
}

// group is a root cause with what follows from it within one subject.
type group struct {
	root     *Finding
	at       int // of the root, in view.findings
	follows  []*Finding
	severity Severity // the worst of them: a cause is as bad as its consequences
}

func newView(r *Report) *view {
	v := &view{Report: r, byRef: map[Ref]int{}}
	v.sortFindings()
	v.root = make([]int, len(v.findings))
	for i := range v.findings {
		v.root[i] = v.rootOf(i)
	}
	v.divide()
	return v
}

// sortFindings sorts the findings and makes one of those that say the same.
func (v *view) sortFindings() {
	all := make([]*Finding, len(v.Findings))
	for i := range v.Findings {
		all[i] = &v.Findings[i]
	}
	slices.SortStableFunc(all, (*Finding).compare)
	type sentence struct {
		Ref
		what string
	}
	seen := map[sentence]int{}
	for _, f := range all {
		at, again := seen[sentence{f.Ref(), f.What}]
		if again {
			v.findings[at] = merged(v.findings[at], f)
			continue
		}
		seen[sentence{f.Ref(), f.What}] = len(v.findings)
		if _, ok := v.byRef[f.Ref()]; !ok {
			v.byRef[f.Ref()] = len(v.findings)
		}
		v.findings = append(v.findings, f)
	}
}

// merged is f with the evidence of g that it lacks. The report is left as it is.
func merged(f, g *Finding) *Finding {
	both := *f
	both.Evidence = slices.Clone(f.Evidence)
	for _, e := range g.Evidence {
		if !slices.Contains(both.Evidence, e) {
			both.Evidence = append(both.Evidence, e)
		}
	}
	if both.Because == nil {
		both.Because = g.Because
	}
	return &both
}

// because returns the finding that i follows from, if the report has it.
func (v *view) because(i int) (int, bool) {
	ref := v.findings[i].Because
	if ref == nil {
		return 0, false
	}
	at, ok := v.byRef[*ref]
	return at, ok
}

// rootOf follows the causes to their end. Where they go in a circle, which is a
// mistake, the first of the circle is taken, so that no finding is lost.
func (v *view) rootOf(i int) int {
	path := []int{i}
	for {
		next, ok := v.because(path[len(path)-1])
		if !ok {
			return path[len(path)-1]
		}
		if at := slices.Index(path, next); at >= 0 {
			return slices.Min(path[at:])
		}
		path = append(path, next)
	}
}

// divide gives each subject its findings, and those of no subject subjects of
// their own, so that none is left out anywhere.
func (v *view) divide() {
	on := map[Object][]int{}
	for i, f := range v.findings {
		on[f.Object] = append(on[f.Object], i)
	}
	shown := make([]bool, len(v.findings))
	add := func(s *Subject, findings []int, invented bool) {
		sv := subjectView{Subject: s, verdict: OK, groups: v.group(findings), invented: invented}
		for _, g := range sv.groups {
			sv.verdict = worse(sv.verdict, g.severity.verdict())
			shown[g.at] = true
		}
		for _, i := range findings {
			shown[i] = true
		}
		v.subjects = append(v.subjects, sv)
	}
	for i := range v.Subjects {
		s := &v.Subjects[i]
		var findings []int
		s.objects(map[Object]bool{}, func(o Object) { findings = append(findings, on[o]...) })
		add(s, findings, false)
	}
	slices.SortStableFunc(v.subjects, func(a, b subjectView) int { return a.Object.compare(b.Object) })

	rest := map[Object][]int{}
	var order []Object
	for i := range v.findings {
		if shown[i] {
			continue
		}
		o := v.findings[v.root[i]].Object
		if rest[o] == nil {
			order = append(order, o)
		}
		rest[o] = append(rest[o], i)
	}
	for _, o := range order {
		add(&Subject{Link: Link{Object: o}}, rest[o], true)
	}
}

// objects calls f with each object of the chain, once.
func (l *Link) objects(seen map[Object]bool, f func(Object)) {
	if !seen[l.Object] {
		seen[l.Object] = true
		f(l.Object)
	}
	for i := range l.Links {
		l.Links[i].objects(seen, f)
	}
}

// group puts findings under their root causes, the worst first.
func (v *view) group(findings []int) []group {
	findings = slices.Sorted(slices.Values(findings))
	at := map[int]int{}
	var groups []group
	for _, i := range findings {
		root := v.root[i]
		n, ok := at[root]
		if !ok {
			n = len(groups)
			at[root] = n
			groups = append(groups, group{root: v.findings[root], at: root, severity: v.findings[root].Severity})
		}
		if i != root {
			groups[n].follows = append(groups[n].follows, v.findings[i])
			groups[n].severity = worse(groups[n].severity, v.findings[i].Severity)
		}
	}
	slices.SortStableFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.severity.rank(), b.severity.rank()), a.root.compare(b.root))
	})
	return groups
}
