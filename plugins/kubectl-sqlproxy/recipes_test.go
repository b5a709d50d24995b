package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kubetest/sessions"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/diagnose"
)

// diagnosed is what check finds in files on a day of 2026: versions get old as time goes by.
func diagnosed(t *testing.T, files ...string) *finding.Report {
	t.Helper()
	s, err := readFiles(t.Context(), nil, files, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	report, err := diagnose.Check(s, diagnose.Options{Now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestRecipe: what is found in the manifests of 2018, the trap first, and that those which
// generate prints are in order.
func TestRecipe(t *testing.T) {
	t.Parallel()
	lacks := []string{
		"missing-resources info", "no-probes warning", "no-sigterm-delay warning", "no-spread warning",
		"runs-as-root warning", "v1-proxy warning", "writable-root warning",
	}
	for _, test := range []struct {
		trap, file string
		want       []string
	}{
		{"everything depends on it, and nothing keeps it up", "recipes/2018/sql-proxy.yaml", lacks},
		{"a port without an address is one of localhost", "recipes/2018/loopback.yaml", append([]string{"loopback-listener error"}, lacks...)},
		{"none", "recipes/today/sql-proxy.yaml", nil},
	} {
		var found []string
		for _, f := range diagnosed(t, test.file).Findings {
			found = append(found, fmt.Sprintf("%s %s", f.ID, f.Severity))
		}
		slices.Sort(found)
		slices.Sort(test.want)
		if !slices.Equal(found, test.want) {
			t.Errorf("%s: %s: found %q, want %q", test.file, test.trap, found, test.want)
		}
	}
}

// TestRecipeSessions: what the recipe's page shows is what is printed now, and the
// manifests of today are what generate prints.
func TestRecipeSessions(t *testing.T) {
	t.Setenv("LC_ALL", "C.UTF-8")
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	sessions.Check(t, "recipes/README.md", *update, func(t *testing.T, words []string) string {
		if len(words) < 3 || words[0] != "kubectl" || words[1] != "sqlproxy" {
			t.Fatalf("%q is no command of sqlproxy", words)
		}
		if file := words[len(words)-1]; slices.Equal(words[2:len(words)-1], []string{"check", "sql-proxy", "-f"}) {
			var b strings.Builder
			if err := diagnosed(t, file).Print(&b, finding.Options{Format: finding.Tree}); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		run := clitest.Start(t, newCommand, "", words[2:]...)
		if err := run.Wait(); clitest.ExitCode(err) == cli.CodeError {
			t.Fatalf("%q: %v\n%s", words, err, run.Err.String())
		}
		return run.Out.String()
	})
}
