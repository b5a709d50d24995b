package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// TestCompletion through what shells call.
func TestCompletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(cart, lonely("shop", "old-proxy"), strings.Replace(lonely("shop", "sts-proxy"), "kind: Deployment", "kind: StatefulSet", 1), lonely("bank", "vault"))
	kubeconfig := w.KubeconfigFile(t)
	complete := func(args string) []string {
		t.Helper()
		words := strings.Split(args, " ")
		m := clitest.Start(t, newCommand, "", append([]string{"__complete", words[0], "--kubeconfig", kubeconfig}, words[1:]...)...)
		if err := m.Wait(); err != nil {
			t.Errorf("%v: %v", args, err)
		}
		lines := strings.Split(strings.TrimSpace(m.Out.String()), "\n")
		return slices.Sorted(slices.Values(lines[:len(lines)-1])) // the last is the directive
	}
	for args, want := range map[string][]string{
		"check -n shop ":           {"old-proxy", "sql-proxy", "sts-proxy"},
		"check -n shop s":          {"sql-proxy", "sts-proxy"},
		"check -n shop sql-proxy ": {"old-proxy", "sts-proxy"},
		"check -n shop deploy/":    {"deploy/old-proxy", "deploy/sql-proxy"},
		"check -n shop sts/":       {"sts/sts-proxy"},
		"check -n shop secret/":    nil,
		"check -A v":               {"vault"},
		"check -n shop,bank v":     {"vault"},
		"check ":                   nil,
		"check -n sh":              {"shop"},
		"check --context ku":       {"kubetest"},
		"check -o t":               {"table", "tree"},
		"check --fail-on ":         {"error", "none", "warning"},
		"check --color a":          {"always", "auto"},
	} {
		if got := complete(args); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", args, got, want)
		}
	}
	w.Fault(kubetest.Fault{Status: 500})
	if got := complete("check -n shop "); len(got) != 0 {
		t.Errorf("of an API that fails: %q", got)
	}
	kubeconfig = "/nonexistent"
	if got := complete("check "); len(got) != 0 {
		t.Errorf("without a kubeconfig: %q", got)
	}
}

// TestCompletionThroughKubectl as a shell asks it.
func TestCompletionThroughKubectl(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := kubetest.NewCompletion(t, w.Server, "sqlproxy", asPlugin+"=yes", "kubectl_complete-sqlproxy")
	for args, want := range map[string][]string{
		"sqlproxy ch":             {"check"},
		"sqlproxy check -n shop ": {"sql-proxy"},
		"sqlproxy compl":          {"completion"},
		"sqlproxy completion ":    nil,
		"sqlproxy check -o t":     {"table", "tree"},
	} {
		got := c.Words(strings.Split(args, " ")...)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("kubectl %s: %q, want %q", args, got, want)
		}
	}
}
