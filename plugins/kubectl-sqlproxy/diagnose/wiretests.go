package diagnose

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// testsOf are the connection tests of a subject.
func (c *checker) testsOf(s *subject) []*snapshot.ConnectionTest {
	var all []*snapshot.ConnectionTest
	for _, t := range c.Tests {
		if o := t.Workload; o.Kind == s.Kind && o.Namespace == s.Namespace && o.Name == s.Name {
			all = append(all, t)
		}
	}
	return all
}

// testLog is what a connection test has said.
func testLog(lines []string) *podLog {
	return &podLog{&snapshot.Log{Pod: "connection-test"}, readLog(lines)}
}

// checkTests judges connection tests. What their lines say of the cause is a matter of
// connections.
func (c *checker) checkTests(s *subject) {
	for _, t := range c.testsOf(s) {
		if t.Passed {
			continue
		}
		f := finding.Finding{
			ID: "connection-test-failed", Severity: finding.Error, Object: s.Object,
			What: fmt.Sprintf("A new pod of %s cannot reach its instances: its connection test fails.", s.ref()),
			Fix:  []finding.Step{do("The last lines of its log say why.")},
		}
		lines := testLog(t.Lines).lines
		for i := len(lines) - 1; i >= 0; i-- {
			if m := lines[i].message; strings.Contains(m, "terminal error") || strings.Contains(m, "Connection test failed") || lines[i].severity == "ERROR" {
				f.Evidence = quote("log of the connection test", shownLine(m))
				break
			}
		}
		c.add(s, symptom, f)
	}
}
