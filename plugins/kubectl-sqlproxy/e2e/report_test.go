//go:build e2e

package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/finding"
)

// report is what `check -o json` prints, as far as the tests look at it.
type report struct {
	t        *testing.T
	Verdict  finding.Severity
	Subjects []struct {
		Object   finding.Object
		Verdict  finding.Severity
		Facts    map[string]any
		Findings []finding.Ref
	}
	Findings []finding.Finding
}

// check runs `kubectl sqlproxy check -o json ARGS` and expects an exit code.
func (w *world) check(want int, args ...string) *report {
	w.t.Helper()
	out, stderr := w.sqlproxy(want, "check", append([]string{"-o", "json"}, args...)...)
	r := &report{t: w.t}
	if err := json.Unmarshal([]byte(out), r); err != nil {
		w.t.Fatalf("not JSON: %v\n%s%s", err, out, stderr)
	}
	return r
}

// ids are those of the findings of a severity or a worse one, each once, in order.
func (r *report) ids(least ...finding.Severity) []string {
	var all []string
	for _, f := range r.Findings {
		if slices.Contains(least, f.Severity) {
			all = append(all, f.ID)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// names expects findings, by their ids, whatever else there is.
func (r *report) names(ids ...string) {
	r.t.Helper()
	for _, id := range ids {
		if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.ID == id }) {
			r.t.Errorf("%s is not named:\n%s", id, r.text())
		}
	}
}

// text is the report for a failure's message.
func (r *report) text() string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString("  " + f.ID + " " + string(f.Severity) + " " + f.Object.Kind + " " + f.Object.Namespace + "/" + f.Object.Name + ": " + f.What)
		if f.Because != nil {
			b.WriteString(" <- " + f.Because.ID)
		}
		b.WriteString("\n")
	}
	return b.String()
}
