package main

import (
	"slices"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/kubetest/sessions"
)

// recipePool is the pool of the recipe an hour after it was made, beside lasting nodes.
func recipePool(t *testing.T) *world {
	w := newWorld(t, 6, time.Hour)
	w.lasting()
	return w
}

// TestRecipe: what the manifests of 2018 lack, what each trap is found by, and that those
// of today are in order.
func TestRecipe(t *testing.T) {
	t.Parallel()
	w := recipePool(t)
	for _, test := range []struct {
		trap  string
		args  []string
		want  []string
		fails bool
	}{
		{"no budget, and the default grace period", []string{"-f", "recipes/2018/api.yaml"}, []string{
			"STG07 info deployment/api", "STG13 info deployment/api",
		}, false},
		{"one replica, a way back that is none, a toleration that is none, one that misses", []string{"-f", "recipes/2018/traps.yaml"}, []string{
			"STG03 error deployment/single", "STG07 info deployment/missed", "STG07 info deployment/pinned", "STG07 info deployment/unquoted",
			"STG11 warning deployment/pinned", "STG22 error deployment/unquoted", "STG23 warning deployment/missed",
		}, true},
		{"none", []string{"-f", "recipes/today"}, nil, false},
		{"none on the pool either", []string{testPool, "-f", "recipes/today"}, nil, false},
	} {
		found, code := w.check(test.args...)
		if !slices.Equal(found, test.want) {
			t.Errorf("%v: %s: found %q, want %q", test.args, test.trap, found, test.want)
		}
		if (code == cli.CodeFinding) != test.fails {
			t.Errorf("%v: exit code %d", test.args, code)
		}
	}
}

// TestRecipeNodes: that all nodes have one age is found, and planned away.
func TestRecipeNodes(t *testing.T) {
	t.Parallel()
	w := recipePool(t)
	w.replicated(3, w.nodes[:3]...)
	w.budget("web", 3, 1)
	found, _ := w.check(testPool)
	expectFound(t, found, "STG06 error deployment/web")
	out, talk, err := w.run(w.quick("--dry-run", "-o", "json")...)
	if err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	if d := planOf(t, out); len(d.Steps) != 5 || d.Before.MaxInWindow != 6 || d.After.MaxInWindow != 1 {
		t.Errorf("%d replacements; a window takes %d nodes before and %d after; want 5, 6 and 1", len(d.Steps), d.Before.MaxInWindow, d.After.MaxInWindow)
	}
}

// TestRecipeSessions: what the recipe's page shows is what is printed now.
func TestRecipeSessions(t *testing.T) {
	t.Setenv("LC_ALL", "C.UTF-8")
	w := recipePool(t)
	sessions.Check(t, "recipes/README.md", *update, func(t *testing.T, words []string) string {
		if len(words) < 3 || words[0] != "kubectl" || words[1] != "stagger" {
			t.Fatalf("%q is no command of stagger", words)
		}
		if words[2] == "simulate" {
			return mustSimulate(t, words[3:]...)
		}
		out, talk, err := w.run(words[2:]...)
		if clitest.ExitCode(err) == cli.CodeError {
			t.Fatalf("%q: %v\n%s", words, err, talk)
		}
		return out
	})
}
