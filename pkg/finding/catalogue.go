package finding

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Catalogue is all that a check can find: the contract of its ids.
type Catalogue []Entry

// Entry is one id.
type Entry struct {
	ID string
	// Severity is the worst that a finding of this id may have.
	Severity Severity
	// Title says what is wrong, in one line without an object.
	Title string
}

// Validate returns what is wrong with the catalogue: an id twice or not a word of
// letters, digits and dashes, an unknown severity, no title.
func (c Catalogue) Validate() error {
	word := regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`)
	var wrong []error
	seen := map[string]bool{}
	for _, e := range c {
		if !word.MatchString(e.ID) {
			wrong = append(wrong, fmt.Errorf("%q is not an id", e.ID))
		}
		if seen[strings.ToLower(e.ID)] {
			wrong = append(wrong, fmt.Errorf("%s is in the catalogue twice", e.ID))
		}
		seen[strings.ToLower(e.ID)] = true
		switch e.Severity {
		case Error, Warning, Skipped, Info:
		default:
			wrong = append(wrong, fmt.Errorf("%s: unknown severity %q", e.ID, e.Severity))
		}
		if e.Title == "" || strings.ContainsAny(e.Title, "\n|") {
			wrong = append(wrong, fmt.Errorf("%s: needs a title of one line without |", e.ID))
		}
	}
	return errors.Join(wrong...)
}

// Check returns what is wrong with a report of this check: all that Validate
// says, ids that are not in the catalogue, findings worse than it says. Any check
// may be skipped.
func (c Catalogue) Check(r *Report) error {
	wrong := []error{r.Validate()}
	entries := map[string]Entry{}
	for _, e := range c {
		entries[e.ID] = e
	}
	for _, f := range r.Findings {
		switch e, ok := entries[f.ID]; {
		case !ok:
			wrong = append(wrong, fmt.Errorf("%s is not in the catalogue", f.ID))
		case f.Severity != Skipped && f.Severity.rank() < e.Severity.rank():
			wrong = append(wrong, fmt.Errorf("%s is at most %s, not %s", f.ID, e.Severity, f.Severity))
		}
	}
	for _, s := range r.Subjects {
		for _, id := range s.Checked {
			if _, ok := entries[id]; !ok {
				wrong = append(wrong, fmt.Errorf("%s was looked at and is not in the catalogue", id))
			}
		}
	}
	return errors.Join(wrong...)
}

// Missing returns the ids that none of the reports has found, in the order of the
// catalogue: those without a test, where the reports are those of the tests.
func (c Catalogue) Missing(reports ...*Report) []string {
	found := map[string]bool{}
	for _, r := range reports {
		for _, f := range r.Findings {
			found[f.ID] = true
		}
	}
	var missing []string
	for _, e := range c {
		if !found[e.ID] {
			missing = append(missing, e.ID)
		}
	}
	return missing
}

// Markdown returns the catalogue as a table, for the plugin's README.
func (c Catalogue) Markdown() string {
	var b strings.Builder
	b.WriteString("| id | at worst | what is wrong |\n| --- | --- | --- |\n")
	for _, e := range c {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", e.ID, e.Severity, e.Title)
	}
	return b.String()
}
