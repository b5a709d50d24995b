//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// Completion as a shell asks for it: kubectl calls kubectl_complete-mlogs.
func TestCompletion(t *testing.T) {
	ns := realcluster.New(t)
	writer := realcluster.Writer("app", "-rate=1")
	ns.Apply(deployment("web", 1, writer), deployment("api", 1, writer), realcluster.Pod("alone", writer, realcluster.Writer("side", "-rate=1")))
	ns.Running("", 3)
	for _, c := range []struct {
		args []string
		want []string // all of them, or where exact is not set at least these
		not  string
	}{
		{[]string{"-n", ns.Name, "deploy/"}, []string{"deploy/api", "deploy/web"}, "alone"},
		{[]string{"-n", ns.Name, "deploy/w"}, []string{"deploy/web"}, "deploy/api"},
		{[]string{"-n", ns.Name, "al"}, []string{"alone"}, "web"},
		{[]string{"-n", ns.Name, ""}, []string{"alone", "deploy/", "sts/"}, "deploy/web"},
		{[]string{"-n", ns.Name, "-c", ""}, []string{"app", "side"}, "alone"},
		{[]string{"-n", ns.Name[:len(ns.Name)-2]}, []string{ns.Name}, "default"},
		{[]string{"--node", ""}, ns.Nodes(), "alone"},
		{[]string{"--until"}, []string{"--until-done"}, "--since"},
		{[]string{"-o", "j"}, []string{"json", "jsonpath="}, "raw"},
	} {
		out := ns.Kubectl(append([]string{"__complete", "mlogs"}, c.args...)...)
		var got []string
		for line := range strings.Lines(out) {
			word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			got = append(got, word)
		}
		for _, word := range c.want {
			if !slices.Contains(got, word) {
				t.Errorf("%q: no %q in %q", c.args, word, got)
			}
		}
		if slices.Contains(got, c.not) {
			t.Errorf("%q: %q must not be in %q", c.args, c.not, got)
		}
		if n := len(got); n == 0 || !strings.HasPrefix(got[n-1], ":") {
			t.Errorf("%q: no directive at the end of %q", c.args, got)
		}
	}
}
