//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// A proxy in order is called that, and what answers at its ports is named.
func TestLive(t *testing.T) {
	w := newWorld(t)
	w.sqlproxy(0, "apply", w.wanted()...)
	r := w.check(0, "sql-proxy", "--live", "--connection-test")
	t.Logf("%+v\n%s", r.Subjects, r.text())
	tree, _ := w.sqlproxy(0, "check", "sql-proxy", "--live", "-o", "tree")
	t.Log(tree)
	for _, want := range []string{"PostgreSQL", "MySQL"} {
		if !strings.Contains(tree, want) {
			t.Errorf("%s is not named:\n%s", want, tree)
		}
	}
}
