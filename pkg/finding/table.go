package finding

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"
)

// table prints a row for each root cause of each subject, and one for a subject
// without findings. Each row is complete, so that grep and awk can read it.
func (v *view) table(opts Options) []byte {
	t := &table{view: v, names: v.names(opts), wide: opts.Format == Wide}
	t.findColumns()
	if len(v.subjects) > 0 {
		t.headings()
	}
	for i := range v.subjects {
		s := &v.subjects[i]
		if len(s.groups) == 0 {
			t.row(s, OK, nil, "-")
		}
		for _, g := range s.groups {
			what := oneLine(g.root.What)
			if n := len(g.follows); n > 0 && !t.wide {
				what += fmt.Sprintf(" (and %d that follow from it)", n)
			}
			t.row(s, g.severity, g.root, what)
			for _, f := range g.follows {
				if t.wide {
					t.row(s, f.Severity, f, fmt.Sprintf("%s (follows from %s %s)", oneLine(f.What), oneLine(g.root.ID), t.names.of(g.root.Object)))
				}
			}
		}
	}
	return t.grid.bytes(opts.Colour)
}

type table struct {
	*view
	grid    grid
	names   *names
	wide    bool
	facts   []string // names, in the order of their first appearance
	located bool     // something is in a file
}

func (t *table) findColumns() {
	for _, s := range t.subjects {
		for _, f := range s.Facts {
			if !slices.Contains(t.facts, f.Name) {
				t.facts = append(t.facts, f.Name)
			}
		}
	}
	for _, f := range t.findings {
		t.located = t.located || (f.Object.File != "" && f.Object.Kind != "")
	}
}

func (t *table) headings() {
	columns := []string{"SUBJECT"}
	for _, name := range t.facts {
		columns = append(columns, strings.ToUpper(oneLine(name)))
	}
	columns = append(columns, "VERDICT", "ID", "OBJECT")
	if t.located {
		columns = append(columns, "LOCATION")
	}
	if t.wide {
		columns = append(columns, "RETRY")
	}
	columns = append(columns, "FINDING")
	if t.wide {
		columns = append(columns, "CAUSE", "FIX")
	}
	var cells []cell
	for _, c := range columns {
		cells = append(cells, cell{text: c})
	}
	t.grid.add(cells...)
}

// row adds the row of a finding, or of a subject without one.
func (t *table) row(s *subjectView, severity Severity, f *Finding, what string) {
	if f == nil {
		f = &Finding{}
	}
	var cells []cell
	add := func(text string) {
		if text == "" {
			text = "-"
		}
		cells = append(cells, cell{text: text})
	}
	add(t.names.of(s.Object))
	for _, name := range t.facts {
		i := slices.IndexFunc(s.Facts, func(f Fact) bool { return f.Name == name })
		if i < 0 {
			add("")
		} else {
			add(oneLine(s.Facts[i].Text))
		}
	}
	cells = append(cells, cell{text: oneLine(string(severity)), severity: severity})
	add(oneLine(f.ID))
	add(t.names.of(f.Object))
	if t.located {
		add(location(f.Object))
	}
	if t.wide {
		add(oneLine(t.retry(f)))
	}
	add(what)
	if t.wide {
		add(oneLine(f.Cause))
		var fix []string
		for _, step := range f.Fix {
			fix = append(fix, oneLine(step.Do+step.Run))
		}
		add(strings.Join(fix, "; "))
	}
	t.grid.add(cells...)
}

// retry says when something tries again: the time, how far that is from the time
// of the check, and the words.
func (v *view) retry(f *Finding) string {
	if f.RetryAt.IsZero() {
		return f.Retry
	}
	at := f.RetryAt.UTC().Format(time.RFC3339)
	switch away := f.RetryAt.Sub(v.CheckedAt); {
	case v.CheckedAt.IsZero():
	case away >= 0:
		at += " (in " + duration.HumanDuration(away) + ")"
	default:
		at += " (" + duration.HumanDuration(-away) + " ago)"
	}
	if f.Retry != "" {
		at += ", " + f.Retry
	}
	return at
}
