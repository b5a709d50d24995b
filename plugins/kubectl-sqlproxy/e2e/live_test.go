//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/finding"
)

// In a proxy in order nothing is found: both databases answer as their ports are called, and
// the throw-away pod gets to both instances. It is gone afterwards.
func TestLive(t *testing.T) {
	w := newWorld(t)
	w.sqlproxy(0, "apply", w.wanted()...)
	r := w.check(0, "sql-proxy", "--live", "--connection-test", "--fail-on=warning")
	if len(r.Subjects) != 1 || r.Subjects[0].Verdict != finding.OK || len(r.ids(finding.Error, finding.Warning, finding.Skipped)) > 0 {
		t.Errorf("%+v\n%s", r.Subjects, r.text())
	}
	if answers := r.Subjects[0].Facts["answers"]; fmt.Sprint(answers) != "[3306 mysql 5432 postgres]" {
		t.Errorf("who answers: %v", answers)
	}
	w.ns.Running("", 2) // all pods of the namespace
}

// The databases that answer are named where they are others than the ports are called. To
// the API such a proxy looks well.
func TestLiveNamesEngines(t *testing.T) {
	w := newWorld(t)
	w.sqlproxy(0, "apply", "--instance", orders+"=mysql", "--instance", stock+"=postgres", "--image", proxyV2,
		"--api-endpoint", w.cloud.endpoint(), "--key-file", w.key, "--yes")
	if r := w.check(0, "sql-proxy", "--fail-on=warning"); r.Verdict != finding.OK {
		t.Errorf("without --live:\n%s", r.text())
	}
	r := w.check(3, "sql-proxy", "--live", "--fail-on=warning")
	for _, want := range []string{"MySQL, PostgreSQL answers for " + orders, "PostgreSQL, MySQL answers for " + stock} {
		if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.ID == "wire-other-engine" && strings.Contains(f.What, want) }) {
			t.Errorf("not told: %q\n%s", want, r.text())
		}
	}
}
