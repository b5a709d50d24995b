package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

func TestDelete(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied("apply", "--instance", "shop:europe-west1:orders=postgres", "--key-file", newTestKey(t).path)
	w.Must(w.Create(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "mine"}}))
	before := w.ResourceVersion()
	plan := `delete     deployment.apps/sql-proxy
delete     networkpolicy.networking.k8s.io/sql-proxy
delete     poddisruptionbudget.policy/sql-proxy
delete     service/sql-proxy-orders
delete     secret/sql-proxy-credentials
delete     serviceaccount/sql-proxy
`
	for _, args := range [][]string{{"--dry-run"}, {"--dry-run=server"}, {}} {
		out, _, err := w.run(append([]string{"delete"}, args...)...)
		if out != plan || (err == nil) != (len(args) > 0) || w.ResourceVersion() != before {
			t.Errorf("%q: %v, plan:\n%s", args, err, out)
		}
	}
	w.ForgetRequests()
	out, talk, err := w.run("delete", "sql-proxy", "--yes", "-o", "name")
	if err != nil || out != strings.ReplaceAll(plan, "delete     ", "") {
		t.Errorf("%v\n%s%s", err, out, talk)
	}
	has(t, talk, "sqlproxy: deployment.apps/sql-proxy deleted\n")
	if got := w.there(); !slices.Equal(got, []string{"services/mine"}) {
		t.Errorf("left: %q", got)
	}
	var order []string
	for _, r := range w.Requests() {
		if r.Method == "DELETE" {
			order = append(order, strings.Split(r.Path, "/")[len(strings.Split(r.Path, "/"))-2])
		}
	}
	if want := []string{"deployments", "networkpolicies", "poddisruptionbudgets", "services", "secrets", "serviceaccounts"}; !slices.Equal(order, want) {
		t.Errorf("order: %q", order)
	}
}

// Secrets and service accounts that others have written in stay.
func TestDeleteKeeps(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied(one()...)
	w.edit("serviceaccounts", "sql-proxy", `{"metadata":{"annotations":{"mine":"yes"}}}`)
	w.Must(w.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "copied", Labels: map[string]string{"app.kubernetes.io/managed-by": "kubectl-sqlproxy", "app.kubernetes.io/instance": "sql-proxy"}}}))
	out, _, err := w.run("delete", "--yes")
	if err != nil {
		t.Fatal(err)
	}
	has(t, out, "keep       secret/copied  (it has the labels, but apply did not make it)\n", "keep       serviceaccount/sql-proxy  (there are fields in it that are not ours: kubectl-edit)\n")
	if got := w.there(); !slices.Equal(got, []string{"serviceaccounts/sql-proxy", "secrets/copied"}) {
		t.Errorf("left: %q", got)
	}
	_, talk, err := w.run("delete", "sql-proxy", "--yes")
	if err != nil || !strings.Contains(talk, "nothing to delete") {
		t.Errorf("again: %v\n%s", err, talk)
	}
}

func TestDeleteWaitsForPods(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied(one()...)
	w.Must(w.Create(podOf("sql-proxy-1-a"), kubetest.Pod("shop", "another")))
	m := w.start("delete", "--yes")
	m.Says("waiting for pods to end: sql-proxy-1-a\n")
	m.GoesOn(50 * time.Millisecond)
	w.Must(w.DeletePod("shop", "sql-proxy-1-a"))
	if err := m.Wait(); err != nil {
		t.Error(err)
	}
}

func TestDeleteGivesUp(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied(one()...)
	w.Must(w.Create(podOf("sql-proxy-1-a")))
	_, _, err := w.run("delete", "--yes", "--timeout", "6s")
	refused(t, err, "after 6s it is not done: waiting for pods to end: sql-proxy-1-a")
}

func TestDeleteIsInterrupted(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied(one()...)
	w.Must(w.Create(podOf("sql-proxy-1-a")))
	m := w.start("delete", "--yes")
	m.Says("waiting for pods")
	if err := m.Stop(); err == nil {
		t.Error("no error")
	}
	has(t, m.Err.String(), "all is deleted; the pods end by themselves")
}

func TestDeleteWithoutRights(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied(one()...)
	w.Forbid("delete", "services")
	_, talk, err := w.run("delete", "--yes")
	refused(t, err, "Service sql-proxy-orders: ", "cannot delete resource")
	has(t, talk, "4 of 5 objects are deleted")
	if got := w.there(); !slices.Equal(got, []string{"services/sql-proxy-orders"}) {
		t.Errorf("left: %q", got)
	}
	w.Forbid("list", "services")
	_, _, err = w.run("delete", "sql-proxy", "--yes")
	refused(t, err, "nothing of the name sql-proxy in namespace shop that may be seen", "Whether there are objects of Service to delete")
}

func TestDeleteWhich(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	_, _, err := w.run("delete", "--yes")
	refused(t, err, "apply has made no proxy in namespace shop")
	w.applied(one("--wait=false")...)
	w.applied(one("--name", "other", "--wait=false")...)
	_, _, err = w.run("delete", "--yes")
	refused(t, err, "which NAME? In namespace shop there are other, sql-proxy")
	_, _, err = w.run("delete", "nope", "--yes")
	refused(t, err, "apply has made nothing of the name nope in namespace shop; there are other, sql-proxy")
	_, _, err = w.run("delete", "a,b", "--yes")
	refused(t, err, `NAME "a,b": this is no name of a proxy`)
	if _, _, err := w.run("delete", "other", "--yes"); err != nil {
		t.Error(err)
	}
	left := w.there()
	if !slices.Contains(left, "deployments/sql-proxy") || slices.Contains(left, "deployments/other") {
		t.Errorf("left: %q", left)
	}
}
