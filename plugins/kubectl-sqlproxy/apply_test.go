package main

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

const (
	planOfCreation = `create     serviceaccount/sql-proxy
create     service/sql-proxy-orders
create     poddisruptionbudget.policy/sql-proxy
create     networkpolicy.networking.k8s.io/sql-proxy
create     deployment.apps/sql-proxy
`
	planOfNothing = `unchanged  serviceaccount/sql-proxy
unchanged  service/sql-proxy-orders
unchanged  poddisruptionbudget.policy/sql-proxy
unchanged  networkpolicy.networking.k8s.io/sql-proxy
unchanged  deployment.apps/sql-proxy
`
)

func TestApplyCreates(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	out, talk, err := w.run(one("--yes")...)
	if err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	if out != planOfCreation {
		t.Errorf("plan:\n%s\nwant\n%s", out, planOfCreation)
	}
	has(t, talk, "sqlproxy: deployment.apps/sql-proxy created\n", "the proxy runs", "gcloud iam service-accounts", "kubectl sqlproxy check sql-proxy -n shop --live")
	if got, want := w.there(), []string{"serviceaccounts/sql-proxy", "services/sql-proxy-orders", "poddisruptionbudgets/sql-proxy", "networkpolicies/sql-proxy", "deployments/sql-proxy"}; !slices.Equal(got, want) {
		t.Errorf("there are %q, want %q", got, want)
	}
	var order []string
	for _, r := range w.Requests() {
		if r.Method == "PATCH" && len(r.Query["dryRun"]) == 0 {
			order = append(order, path.Base(path.Dir(r.Path)))
		}
	}
	if want := []string{"serviceaccounts", "services", "poddisruptionbudgets", "networkpolicies", "deployments"}; !slices.Equal(order, want) {
		t.Errorf("applied in the order %q, want %q", order, want)
	}
}

func TestApplyUnchanged(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied(one()...)
	before := w.ResourceVersion()
	out, talk, err := w.run(one()...) // nothing to ask
	if err != nil || out != planOfNothing {
		t.Errorf("%v\n%s%s", err, out, talk)
	}
	has(t, talk, "nothing to do: all is as it is wanted")
	if strings.Contains(talk, "gcloud") || strings.Contains(talk, "changed") || w.ResourceVersion() != before {
		t.Errorf("something was done:\n%s", talk)
	}
}

func TestApplyChanges(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied(one()...)
	out, talk, err := w.run(one("--replicas", "3", "--max-connections", "100", "--yes")...)
	if err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	has(t, out, "unchanged  service/sql-proxy-orders\n", "change     deployment.apps/sql-proxy\n",
		"             ~ spec.replicas: 2 -> 3\n", `             + spec.template.spec.containers[proxy].args[]: "--max-connections=100"`+"\n")
	if n := strings.Count(out, "spec.template.spec.containers[proxy].args"); n != 1 {
		t.Errorf("arguments that did not change are told:\n%s", out)
	}
	has(t, talk, "deployment.apps/sql-proxy changed")
	if strings.Contains(talk, "service/sql-proxy-orders") || strings.Contains(talk, "gcloud") {
		t.Errorf("talk of what did not change:\n%s", talk)
	}
}

// Of Secrets the plan says the length, and the key is nowhere.
func TestApplyHidesKeys(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	key := newTestKey(t)
	args := []string{"apply", "--instance", "shop:europe-west1:orders=postgres", "--key-file", key.path}
	w.applied(args...)
	other := newTestKey(t)
	args[4] = other.path
	var all strings.Builder
	for _, format := range []string{"table", "json", "yaml", "name"} {
		out, talk, err := w.run(append(args, "--dry-run=server", "-o", format)...)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(out + talk)
	}
	has(t, all.String(), "change     secret/sql-proxy-credentials\n", `data["service_account.json"]: (secret, `, "another value")
	for _, secret := range slices.Concat(key.secrets, other.secrets) {
		if strings.Contains(all.String(), secret) {
			t.Errorf("%q is told", secret)
		}
	}
}

func (w *installWorld) edit(plural, name, patch string) {
	w.t.Helper()
	c, err := dynamic.NewForConfig(w.RESTConfig())
	w.Must(err)
	r := appsv1.SchemeGroupVersion.WithResource(plural)
	if plural != "deployments" {
		r = corev1.SchemeGroupVersion.WithResource(plural)
	}
	_, err = c.Resource(r).Namespace("shop").Patch(w.t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "kubectl-edit"})
	w.Must(err)
}

func TestApplyConflicts(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied(one()...)
	w.edit("deployments", "sql-proxy", `{"spec":{"replicas":5}}`)
	w.ForgetRequests()
	_, _, err := w.run(one("--yes")...)
	refused(t, err, "nothing was changed", `Deployment sql-proxy: spec.replicas belongs to "kubectl-edit"; --force-conflicts takes over`)
	if n := w.changes(); n > 0 {
		t.Errorf("%d changes", n)
	}
	out, _, err := w.run(one("--yes", "--force-conflicts")...)
	if err != nil {
		t.Fatal(err)
	}
	has(t, out, "~ spec.replicas: 5 -> 2\n", "takes spec.replicas over from kubectl-edit\n")
	if out, _, err = w.run(one()...); err != nil || out != planOfNothing {
		t.Errorf("afterwards: %v\n%s", err, out)
	}
}

// A field of another manager with the same value is nobody's conflict, but not ours yet.
func TestApplyTakesPart(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied(one()...)
	d := w.deployment()
	d.ManagedFields = nil
	w.Must(w.Update(d))
	out, _, err := w.run(one("--yes")...)
	if err != nil {
		t.Fatal(err)
	}
	has(t, out, "change     deployment.apps/sql-proxy  (only who manages its fields)\n")
	if out, _, err = w.run(one()...); err != nil || out != planOfNothing {
		t.Errorf("afterwards: %v\n%s", err, out)
	}
}

func (w *installWorld) deployment() *appsv1.Deployment {
	w.t.Helper()
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "sql-proxy"}}
	w.Must(w.Load(d))
	return d
}

// two is apply for two servers.
func two(more ...string) []string {
	return append(one("--instance", "shop:europe-west1:stock=mysql"), more...)
}

func TestApplyPrunes(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied(two()...)
	mine := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "mine"}}
	other := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "other", Labels: map[string]string{"app.kubernetes.io/managed-by": "kubectl-sqlproxy", "app.kubernetes.io/instance": "other"}}}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "copied", Labels: map[string]string{"app.kubernetes.io/managed-by": "kubectl-sqlproxy", "app.kubernetes.io/instance": "sql-proxy"}}}
	w.Must(w.Create(mine, other, secret))
	if out, _, err := w.run(one("--yes")...); err != nil || strings.Contains(out, "delete ") {
		t.Fatalf("without --prune: %v\n%s", err, out)
	}
	out, talk, err := w.run(one("--prune", "--yes")...)
	if err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	has(t, out, "delete     service/sql-proxy-stock\n", "keep       secret/copied  (it has the labels, but apply did not make it)\n")
	has(t, talk, "service/sql-proxy-stock deleted")
	if got, want := w.there(), []string{"serviceaccounts/sql-proxy", "secrets/copied", "services/mine", "services/other", "services/sql-proxy-orders",
		"poddisruptionbudgets/sql-proxy", "networkpolicies/sql-proxy", "deployments/sql-proxy"}; !slices.Equal(got, want) {
		t.Errorf("there are %q, want %q", got, want)
	}
}

// What serves clients is not taken away before what is to serve them runs.
func TestApplyPrunesAfterTheRollout(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied(two()...)
	w.plays(stuck)
	m := w.start(one("--prune", "--yes")...)
	m.Says("rollout: 0 of 2 available")
	if !slices.Contains(w.there(), "services/sql-proxy-stock") {
		t.Error("it is deleted before the rollout is over")
	}
	if err := m.Stop(); err == nil {
		t.Error("interrupted without an error")
	}
	has(t, m.Err.String(), "all is applied, and the rollout goes on by itself: kubectl rollout status deployment/sql-proxy -n shop; nothing was deleted")
	if !slices.Contains(w.there(), "services/sql-proxy-stock") {
		t.Error("it is deleted though the rollout is not over")
	}
}

func TestApplyDryRuns(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied(two()...)
	before := w.ResourceVersion()
	for _, dry := range []string{"--dry-run", "--dry-run=client", "--dry-run=server"} {
		w.ForgetRequests()
		out, talk, err := w.run(one("--replicas", "3", "--prune", dry)...)
		if err != nil {
			t.Fatal(err)
		}
		has(t, out, "~ spec.replicas: 2 -> 3\n", "delete     service/sql-proxy-stock\n", "unchanged  service/sql-proxy-orders\n")
		has(t, talk, "nothing was changed (")
		if w.ResourceVersion() != before {
			t.Errorf("%s changes something", dry)
		}
		asked := w.CountRequests(func(r kubetest.RequestRecord) bool { return r.Method != "GET" })
		if server := dry == "--dry-run=server"; server != (asked > 0) {
			t.Errorf("%s: %d requests to change something", dry, asked)
		}
	}
	out, _, err := w.run(one("--replicas", "3", "--dry-run", "-o", "name")...)
	if err != nil || out != "networkpolicy.networking.k8s.io/sql-proxy\ndeployment.apps/sql-proxy\n" {
		t.Errorf("names: %q, %v", out, err)
	}
}

func TestApplyDocument(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.applied(one()...)
	out, _, err := w.run(one("--replicas", "3", "--dry-run=server", "-o", "json")...)
	if err != nil {
		t.Fatal(err)
	}
	var d planDocument
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	last := d.Steps[len(d.Steps)-1]
	if d.Kind != "Plan" || d.Name != "sql-proxy" || d.Namespace != "shop" || len(d.Steps) != 5 || last.Kind != "Deployment" || last.Action != "change" ||
		len(last.Fields) != 1 || last.Fields[0].Path != "spec.replicas" || last.Fields[0].Old != "2" || last.Fields[0].New != "3" {
		t.Errorf("%+v", d)
	}
}

// Nobody is at the terminal to ask.
func TestApplyAsks(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	out, _, err := w.run(one()...)
	refused(t, err, "not confirmed", "--yes")
	if out != planOfCreation || w.changes() > 0 {
		t.Errorf("plan:\n%s%d changes", out, w.changes())
	}
}
