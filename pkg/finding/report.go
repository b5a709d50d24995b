package finding

import (
	"errors"
	"fmt"
	"time"
)

// Report is the outcome of a check. What makes it need not sort it, nor take
// care that each finding is in it once: all that reads it does.
type Report struct {
	// Check is what checked: "certcheck". Prometheus' names begin with it.
	Check string
	// CheckedAt is the time as of which the findings hold.
	CheckedAt time.Time
	// Subjects are what the verdicts are about. A finding about an object that no
	// subject has among its links is shown by itself.
	Subjects []Subject
	Findings []Finding
}

// Subject is something that gets a verdict of its own, with the chain of what it
// depends on. The findings about any object of the chain are the subject's.
type Subject struct {
	Link
	// Facts are the subject's columns of the table.
	Facts []Fact
	// Checked are the ids that were looked at, found or not: JUnit counts those
	// that found nothing as passed. Nil where nobody keeps count.
	Checked []string
}

// Link is one link of a chain, with what it depends on.
type Link struct {
	Object Object `json:"object"`
	// State is how the link says it is, in a few words: "Ready=True", "not found".
	State string `json:"state,omitempty"`
	// Mark is how bad that state is at least, for the tree's mark in front of the link;
	// empty is OK. Verdicts come from findings alone.
	Mark  Severity `json:"-"`
	Links []Link   `json:"links,omitempty"`
}

// Fact is one thing to know about a subject.
type Fact struct {
	Name  string // one lower-case word: the column's heading, and the field in JSON
	Text  string // for people: "12d"
	Value any    // for programs: a time, a list; nil is Text
}

// Verdict is that of the whole report. It is never OK when a check was skipped.
func (r *Report) Verdict() Severity {
	worst := OK
	for i := range r.Findings {
		worst = worse(worst, r.Findings[i].Severity)
	}
	return worst.verdict()
}

// Exceeds reports whether something was found that is to make the command fail.
// A skipped check counts as a warning: it is not known to be healthy.
func (r *Report) Exceeds(level FailOn) bool {
	return level.includes(r.Verdict())
}

// Validate returns what is wrong with the report as a piece of work, for tests of
// those who make it: a finding without object or sentence, a cause that is not in
// the report, findings that cause each other, a subject twice.
func (r *Report) Validate() error {
	var wrong []error
	v := newView(r)
	for i, f := range v.findings {
		complain := func(format string, args ...any) {
			wrong = append(wrong, fmt.Errorf("%s %v: %s", f.ID, f.Object, fmt.Sprintf(format, args...)))
		}
		switch f.Severity {
		case Error, Warning, Skipped, Info:
		default:
			complain("unknown severity %q", f.Severity)
		}
		if f.ID == "" || f.What == "" || (f.Object.Kind == "" && f.Object.File == "") {
			complain("a finding needs an id, an object and a sentence")
		}
		for _, step := range f.Fix {
			if (step.Do == "") == (step.Run == "") {
				complain("a step is either a sentence or a command")
			}
		}
		if f.Because == nil {
			continue
		}
		if _, ok := v.because(i); !ok {
			complain("its cause, %s %v, is not in the report", f.Because.ID, f.Because.Object)
		} else if v.findings[v.root[i]].Because != nil {
			complain("has no root cause: findings cause each other")
		}
	}
	seen := map[Object]bool{}
	for _, s := range r.Subjects {
		if seen[s.Object] {
			wrong = append(wrong, fmt.Errorf("%v is a subject twice", s.Object))
		}
		seen[s.Object] = true
	}
	return errors.Join(wrong...)
}
