package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

func TestApplyPrintsItsScript(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	key := newTestKey(t)
	out, talk, err := w.run("apply", "--instance", "shop:europe-west1:orders=postgres", "--key-file", key.path, "--prune", "--timeout", "2m", "--force-conflicts", "--print-script", "--context", "kubetest")
	if err != nil {
		t.Fatal(err)
	}
	has(t, out, "#!/usr/bin/env bash\n", "namespace=shop\n", "timeout=2m0s\n", "flags=(--force-conflicts)\n", "--context=kubetest", "kind: Deployment\n",
		"--from-file=service_account.json="+key.path, "app.kubernetes.io/managed-by=kubectl-sqlproxy", "\nrollout\nprune\n",
		"wanted=(serviceaccount/sql-proxy secret/sql-proxy-credentials deployment.apps/sql-proxy service/sql-proxy-orders poddisruptionbudget.policy/sql-proxy networkpolicy.networking.k8s.io/sql-proxy)\n")
	for _, secret := range key.secrets {
		if strings.Contains(out+talk, secret) {
			t.Errorf("%q is told", secret)
		}
	}
	if n := len(w.Requests()); n > 0 {
		t.Errorf("%d requests", n)
	}
	out, _, err = w.run("apply", "--instance", "shop:europe-west1:orders=postgres", "--credentials-secret", "creds/key.json", "--wait=false", "--print-script")
	if err != nil {
		t.Fatal(err)
	}
	has(t, out, "\nthere secret creds\n", "flags=(--force-conflicts=false)\n")
	for _, no := range []string{"rollout", "prune", "--from-file"} {
		if strings.Contains(out, no) {
			t.Errorf("%q is in:\n%s", no, out)
		}
	}
}

func TestApplyCompletion(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied(one("--wait=false")...)
	w.applied(one("--name", "other", "--wait=false")...)
	for _, tc := range []struct{ args, want []string }{
		{[]string{"delete", ""}, []string{"other", "sql-proxy"}},
		{[]string{"delete", "o"}, []string{"other"}},
		{[]string{"delete", "other", ""}, nil},
		{[]string{"delete", "--dry-run="}, []string{"none", "client", "server"}},
		{[]string{"apply", "--output", ""}, []string{"table", "name", "json", "yaml"}},
		{[]string{"apply", "--dry-run="}, []string{"none", "client", "server"}},
		{[]string{"apply", "--color", ""}, []string{"auto", "always", "never"}},
		{[]string{"apply", "--engine", ""}, []string{"v2", "v1", "alloydb"}},
		{[]string{"apply", "--context", "k"}, []string{"kubetest"}},
		{[]string{"apply", "--namespace", "s"}, []string{"shop"}},
		{[]string{"apply", ""}, nil},
	} {
		var out strings.Builder
		cmd := &cobra.Command{Use: "kubectl-sqlproxy"}
		streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &out}
		cmd.AddCommand(newApplyCommand(streams), newDeleteCommand(streams))
		cmd.SetOut(&out)
		cmd.SetErr(&strings.Builder{})
		cmd.SetArgs(append([]string{"__complete", tc.args[0], "-n", "shop", "--kubeconfig", w.KubeconfigFile(t)}, tc.args[1:]...))
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		got := lines[:len(lines)-1]
		if !slices.Equal(got, tc.want) && len(got)+len(tc.want) > 0 {
			t.Errorf("%q: %q, want %q", tc.args, got, tc.want)
		}
	}
}
