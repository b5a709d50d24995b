package finding

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// tree prints each subject with its chain: every link with its state, under it
// what was found about it, and under a root cause what follows from it.
func (v *view) tree(opts Options) []byte {
	t := &tree{view: v, names: v.names(opts), marks: marksFor(opts.ASCII), colour: opts.Colour}
	for i := range v.subjects {
		if i > 0 {
			t.out.WriteByte('\n')
		}
		t.subject(&v.subjects[i])
	}
	return t.out.Bytes()
}

type tree struct {
	*view
	out    bytes.Buffer
	names  *names
	marks  marks
	colour bool
	// Of the subject in print: what each object has, and is still to print.
	groups  map[Object][]group
	follows map[Object][]*Finding
}

func (t *tree) subject(s *subjectView) {
	t.groups, t.follows = map[Object][]group{}, map[Object][]*Finding{}
	for _, g := range s.groups {
		t.groups[g.root.Object] = append(t.groups[g.root.Object], g)
		for _, f := range g.follows {
			t.follows[f.Object] = append(t.follows[f.Object], f)
		}
	}
	var facts strings.Builder
	for _, f := range s.Facts {
		if f.Text != "" {
			fmt.Fprintf(&facts, "  %s: %s", oneLine(f.Name), oneLine(f.Text))
		}
	}
	t.link(&s.Link, "", "", s.verdict, facts.String())
	for _, g := range s.groups { // causes that lie outside the chain
		if left := t.groups[g.root.Object]; len(left) > 0 {
			t.link(&Link{Object: g.root.Object}, "", "", OK, "")
		}
	}
}

// link prints a link and what it depends on, marked with what was found about it
// and at least with mark. The first line begins with first and ends with more,
// the others begin with below.
func (t *tree) link(l *Link, first, below string, mark Severity, more string) {
	groups, follows := t.groups[l.Object], t.follows[l.Object]
	if l.Mark != "" {
		mark = worse(mark, l.Mark)
	}
	var ids []string
	for _, g := range groups {
		mark = worse(mark, g.root.Severity)
	}
	for _, f := range follows {
		mark = worse(mark, f.Severity)
		ids = append(ids, oneLine(f.ID))
	}
	delete(t.groups, l.Object) // a second time in the chain, the link is enough
	fmt.Fprintf(&t.out, "%s%s %s", first, coloured(t.marks.of(mark), mark, t.colour), t.names.of(l.Object))
	if at := location(l.Object); at != "" && l.Object.Kind != "" {
		fmt.Fprintf(&t.out, " (%s)", at)
	}
	if l.State != "" {
		fmt.Fprintf(&t.out, "  %s", oneLine(l.State))
	}
	if len(ids) > 0 {
		fmt.Fprintf(&t.out, "  [%s]", strings.Join(slices.Compact(ids), ", "))
	}
	t.out.WriteString(more + "\n")

	inner := below + t.marks.none
	if len(l.Links) > 0 {
		inner = below + t.marks.pass
	}
	for _, g := range groups {
		t.group(g, inner)
	}
	for i := range l.Links {
		if i < len(l.Links)-1 {
			t.link(&l.Links[i], below+t.marks.branch, below+t.marks.pass, OK, "")
		} else {
			t.link(&l.Links[i], below+t.marks.last, below+t.marks.none, OK, "")
		}
	}
}

// group prints a finding with all that is known of it, and what follows from it.
func (t *tree) group(g group, indent string) {
	f := g.root
	head := ""
	if len(g.follows) > 0 {
		head = "root cause: "
	}
	t.text(indent, head+coloured(oneLine(string(f.Severity)), f.Severity, t.colour)+" "+oneLine(f.ID)+": ", f.What)
	indent += "  "
	for _, e := range f.Evidence {
		t.text(indent, oneLine(e.Source)+": "+t.marks.quoteOpen, e.Text+t.marks.quoteClose)
	}
	t.field(indent, "cause: ", f.Cause)
	for _, step := range f.Fix {
		t.field(indent, "fix: ", step.Do)
		t.field(indent, "fix: $ ", step.Run)
	}
	t.field(indent, "next try: ", t.retry(f))
	t.field(indent, "see: ", f.Docs)
	for _, c := range g.follows {
		t.text(indent, fmt.Sprintf("hence %s %s %s: ", oneLine(string(c.Severity)), oneLine(c.ID), t.names.of(c.Object)), c.What)
	}
}

func (t *tree) field(indent, head, text string) {
	if text != "" {
		t.text(indent, head, text)
	}
}

// text prints a text of any number of lines after a head, which is printed as it is.
func (t *tree) text(indent, head, text string) {
	for i, line := range strings.Split(visible(text), "\n") {
		if i > 0 {
			head = "  "
		}
		fmt.Fprintf(&t.out, "%s%s%s\n", indent, head, line)
	}
}
