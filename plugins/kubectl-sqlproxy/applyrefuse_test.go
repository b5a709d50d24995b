package main

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		prepare func(*installWorld)
		args    []string
		want    []string
	}{
		"no namespace": {nil, one("-n", "nowhere"), []string{`there is no namespace "nowhere"`, "kubectl create namespace nowhere"}},
		"a namespace that is going": {func(w *installWorld) {
			w.Must(w.Apply(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}, Status: corev1.NamespaceStatus{Phase: corev1.NamespaceTerminating}}))
		}, one(), []string{`namespace "shop" is being deleted`}},
		"no Secret": {nil, []string{"apply", "--instance", "p:r:i=mysql", "--credentials-secret", "gone"}, []string{`--credentials-secret: there is no Secret "gone" in namespace "shop"`}},
		"another key": {func(w *installWorld) {
			w.Must(w.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "creds"}, Data: map[string][]byte{"key.json": []byte("{}"), "b": nil}}))
		}, []string{"apply", "--instance", "p:r:i=mysql", "--credentials-secret", "creds/other.json"}, []string{`Secret "creds" has no key "other.json"; it has: b, key.json`}},
		"an empty key": {func(w *installWorld) {
			w.Must(w.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "creds"}, Data: map[string][]byte{"key.json": nil}}))
		}, []string{"apply", "--instance", "p:r:i=mysql", "--credentials-secret", "creds/key.json"}, []string{`key "key.json" of Secret "creds" is no service account's key: 0 bytes, empty`}},
		"no service account": {nil, []string{"apply", "--instance", "p:r:i=mysql", "--service-account", "gone"}, []string{`there is no ServiceAccount "gone"`}},
		"no rights": {func(w *installWorld) { w.Forbid("patch", "poddisruptionbudgets"); w.Forbid("create", "services") }, one(),
			[]string{"PodDisruptionBudget sql-proxy: ", "cannot patch resource"}},
		"no right to read":   {func(w *installWorld) { w.Forbid("get", "services") }, one(), []string{"Service sql-proxy-orders: ", "cannot get resource"}},
		"no PodMonitors":     {nil, one("--monitoring"), []string{"the cluster has no PodMonitor of monitoring.coreos.com/v1"}},
		"nothing to make":    {nil, []string{"apply"}, []string{"--instance"}},
		"a wrong dry run":    {nil, one("--dry-run=all"), []string{"--dry-run must be none, client or server"}},
		"a wrong format":     {nil, one("-o", "wide"), []string{`--output "wide": it is one of table, name, json, yaml`}},
		"no time":            {nil, one("--timeout", "0s"), []string{"--timeout"}},
		"prune, no wait":     {nil, one("--prune", "--wait=false"), []string{"--prune deletes once the new pods run"}},
		"arguments":          {nil, append(one(), "p:r:i"), []string{"instances are given with --instance"}},
		"script and dry run": {nil, one("--print-script", "--dry-run"), []string{"it does not go with --dry-run"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newInstallWorld(t)
			if tc.prepare != nil {
				tc.prepare(w)
			}
			_, _, err := w.run(append(tc.args, "--yes")...)
			refused(t, err, tc.want...)
			if n := w.changes(); n > 0 {
				t.Errorf("%d changes", n)
			}
		})
	}
}

// Who may not read a Secret may know that it is there.
func TestApplyWithoutSeeing(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.Forbid("get", "secrets")
	w.Forbid("get", "namespaces")
	w.Forbid("list", "networkpolicies")
	_, talk, err := w.run("apply", "--instance", "p:r:i=mysql", "--credentials-secret", "creds", "--prune", "--yes")
	if err != nil {
		t.Fatal(err)
	}
	has(t, talk, "Whether there is a Secret creds could not be looked at: ", "Whether there are objects of NetworkPolicy to delete could not be looked at: ")
}
