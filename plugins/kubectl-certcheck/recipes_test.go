package main

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/kubetest/sessions"
)

// TestRecipe: what is found in the manifests of 2018, each trap by its own id, and that
// those of today are in order.
func TestRecipe(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		trap  string
		args  []string
		want  []string
		fails bool
	}{
		{"the wildcard is in the solver's domains, and was never asked for", []string{"-f", "recipes/2018/issuer.yaml", "-f", "recipes/2018/gateway.yaml"}, []string{
			"CRT06 warning certificate/sample-com", "ENV04 info certificate/sample-com", "ENV04 info issuer/letsencrypt-prod",
		}, false},
		{"the Secret is where the gateway's pods are not", []string{"-f", "recipes/2018/trap-namespace.yaml"}, []string{
			"ENV04 info certificate/sample-com", "ENV04 info issuer/letsencrypt-prod", "GWF02 warning gateway/hoge-gateway",
		}, false},
		{"the Secret has another name than the one that the pods mount", []string{"-f", "recipes/2018/trap-name.yaml"}, []string{
			"CRT01 info certificate/sample-com", "GWF01 error gateway/hoge-gateway",
		}, true},
		{"the key ends in a newline", []string{"-f", "recipes/2018/trap-newline.yaml", "-f", "recipes/2018/gateway.yaml"}, []string{
			"CRED06 info secret/prod-route53-credentials-secret", "CRT06 warning certificate/sample-com", "ENV04 info certificate/sample-com", "ENV04 info issuer/letsencrypt-prod",
		}, false},
		{"none", []string{"-f", "recipes/today"}, []string{}, false},
	} {
		out, talk, err := offline(t, "", append(test.args, "-A", "-o", "json")...)
		if clitest.ExitCode(err) == cli.CodeError {
			t.Fatalf("%v: %v\n%s", test.args, err, talk)
		}
		if found := foundIn(t, out); !slices.Equal(found, test.want) {
			t.Errorf("%v: %s: found %q, want %q", test.args, test.trap, found, test.want)
		}
		if code := clitest.ExitCode(err); (code == cli.CodeFinding) != test.fails {
			t.Errorf("%v: exit code %d", test.args, code)
		}
	}
}

// TestRecipeSessions: what the recipe's page shows is what is printed now.
func TestRecipeSessions(t *testing.T) {
	t.Setenv("LC_ALL", "C.UTF-8")
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	sessions.Check(t, "recipes/README.md", *update, func(t *testing.T, words []string) string {
		if len(words) < 3 || words[0] != "kubectl" || words[1] != "certcheck" {
			t.Fatalf("%q is no command of certcheck", words)
		}
		run := clitest.Start(t, newCommand, "", words[2:]...)
		if err := run.Wait(); clitest.ExitCode(err) == cli.CodeError {
			t.Fatalf("%q: %v\n%s", words, err, run.Err.String())
		}
		return run.Out.String()
	})
}
