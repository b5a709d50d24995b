//go:build !windows

package byhand

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

const (
	manager = "cert-manager.io"
	acme    = "acme.cert-manager.io"
)

// object makes an object of cert-manager.
func (w *world) object(apiVersion, kind, namespace, name string, status map[string]any) *unstructured.Unstructured {
	w.t.Helper()
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind}}
	if status != nil {
		u.Object["status"] = status
	}
	u.SetNamespace(namespace)
	u.SetName(name)
	w.must(w.server.Create(u))
	w.must(w.server.Load(u))
	return u
}

// warn makes an event of an object.
func (w *world) warn(u *unstructured.Unstructured, name, kind, message string, at time.Time, edit func(*corev1.Event)) {
	w.t.Helper()
	e := &corev1.Event{Type: kind, Reason: "Failed", Message: message, LastTimestamp: metav1.NewTime(at),
		InvolvedObject: corev1.ObjectReference{Kind: u.GetKind(), Namespace: u.GetNamespace(), Name: u.GetName(), UID: u.GetUID()}}
	e.Namespace, e.Name = u.GetNamespace(), name
	if e.Namespace == "" {
		e.Namespace = "default"
	}
	if edit != nil {
		edit(e)
	}
	w.must(w.server.Create(e))
}

func conditions(all ...map[string]any) map[string]any {
	list := make([]any, len(all))
	for i := range all {
		list[i] = all[i]
	}
	return map[string]any{"conditions": list}
}

func condition(kind, status, reason, message string) map[string]any {
	return map[string]any{"type": kind, "status": status, "reason": reason, "message": message}
}

func TestObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.AddResource(
		kubetest.Resource{Group: manager, Version: "v1", Kind: "Certificate", Plural: "certificates", Namespaced: true},
		kubetest.Resource{Group: manager, Version: "v1", Kind: "ClusterIssuer", Plural: "clusterissuers"},
		kubetest.Resource{Group: acme, Version: "v1", Kind: "Order", Plural: "orders", Namespaced: true},
		kubetest.Resource{Group: acme, Version: "v1", Kind: "Challenge", Plural: "challenges", Namespaced: true})
	web := w.object(manager+"/v1", "Certificate", "shop", "web", conditions(condition("Issuing", "True", "Renewing", "it is \x1b[31mred\nand long"), condition("Ready", "False", "Expired", "")))
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	w.warn(web, "a", "Warning", "the newest", noon.Add(time.Minute), nil)
	w.warn(web, "b", "Warning", "the oldest", noon, nil)
	w.warn(web, "c", "Normal", "all is well", noon, nil)
	w.warn(web, "d", "Warning", "in between", time.Time{}, func(e *corev1.Event) {
		e.LastTimestamp, e.EventTime = metav1.Time{}, metav1.NewMicroTime(noon.Add(time.Second))
	})
	w.warn(web, "e", "Warning", "of one that was", noon, func(e *corev1.Event) { e.InvolvedObject.UID = "another" })
	issuer := w.object(manager+"/v1", "ClusterIssuer", "", "le", conditions(condition("Ready", "True", "ACMEAccountRegistered", "registered")))
	w.warn(issuer, "f", "Warning", "the account was gone", noon, nil)
	w.object(manager+"/v1", "Certificate", "shop", "new", nil)
	w.object(acme+"/v1", "Order", "shop", "web-1-1", map[string]any{"state": "invalid", "reason": "no TXT record"})
	w.object(acme+"/v1", "Challenge", "shop", "web-1-1-1", map[string]any{"state": "pending", "reason": "Waiting for DNS-01"})
	w.object(acme+"/v1", "Order", "shop", "hidden", nil)
	w.server.Forbid("get", "orders."+acme, "shop", "hidden")
	w.pair(mint(t, w.ca, "leaf", nil)).Links = []Link{
		{Resource: "certificates." + manager, Namespace: "shop", Name: "web", Ready: true},
		{Resource: "certificates." + manager, Namespace: "shop", Name: "new", Ready: true},
		{Resource: "orders." + acme, Namespace: "shop", Name: "web-1-1"},
		{Resource: "challenges." + acme, Namespace: "shop", Name: "web-1-1-1"},
		{Resource: "orders." + acme, Namespace: "shop", Name: "gone"},
		{Resource: "orders." + acme, Namespace: "shop", Name: "hidden"},
		{Resource: "issuers." + manager, Namespace: "shop", Name: "none", Ready: true},
		{Resource: "clusterissuers." + manager, Name: "le", Ready: true},
	}
	w.run(3)
	w.want(trusted, itsKey, "NOT OK not Ready", "NOT OK not Ready", "NOT OK it is invalid",
		`NOT OK it cannot be read: Error from server (NotFound): orders.acme.cert-manager.io "gone" not found`,
		`NOT OK it cannot be read: Error from server (Forbidden): orders.acme.cert-manager.io "hidden" is forbidden: ...`,
		`NOT OK it cannot be read: error: the server doesn't have a resource type "issuers"`, "ok Ready")
	w.wantSaid(`
== certificates.cert-manager.io shop/web
   Issuing=True Renewing "it is \x1b[31mred\nand long"
   Ready=False Expired
   event 2026-11-24T12:00:00Z Failed "the oldest"
   event 2026-11-24T12:00:01.000000Z Failed "in between"
   event 2026-11-24T12:01:00Z Failed "the newest"
   NOT OK  not Ready
`, `
== certificates.cert-manager.io shop/new
   NOT OK  not Ready
`, `
== orders.acme.cert-manager.io shop/web-1-1
   state invalid
   reason "no TXT record"
   NOT OK  it is invalid
`, `
== challenges.acme.cert-manager.io shop/web-1-1-1
   state pending
   reason "Waiting for DNS-01"

`, `
== clusterissuers.cert-manager.io le
   Ready=True ACMEAccountRegistered "registered"
   event 2026-11-24T12:00:00Z Failed "the account was gone"
   ok      Ready
`, "\n6 NOT OK\n")
	w.server.Forbid("list", "events")
	w.plan.Chains[0].Secrets[0].Links = w.plan.Chains[0].Secrets[0].Links[7:]
	w.run(0)
	w.want(trusted, itsKey, "? its events cannot be read: Error from server (Forbidden): events is forbidden: ...", "ok Ready")
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	word := "s3cr3t-w0rd"
	w.store("ops", "dns", "token", word, "newline", word+"\n", "front", "\t"+word, "blank", " ", "nul", "\x00\xff", "empty", "", "json", "{\"key\": \""+word+"\"}\n")
	w.store("ops", "hidden", "token", word)
	w.server.Forbid("get", "secrets", "ops", "hidden")
	s := w.pair(mint(t, w.ca, "leaf", nil))
	for _, key := range []string{"token", "newline", "front", "blank", "nul", "json", "empty", "none", `a"}}{{.}}{{"`} {
		s.Links = append(s.Links, Link{Namespace: "ops", Name: "dns", Key: key})
	}
	s.Links = append(s.Links, Link{Namespace: "ops", Name: "hidden", Key: "token"}, Link{Namespace: "ops", Name: "gone", Key: "token"})
	w.run(3)
	const blank = " begins or ends with white space, which not all providers overlook"
	w.want(trusted, itsKey, "ok token has 11 bytes", "ok newline has 12 bytes", "? newline"+blank, "ok front has 12 bytes", "? front"+blank,
		"ok blank has 1 bytes", "? blank"+blank, "ok nul has 2 bytes", "ok json has 23 bytes",
		"NOT OK there is no empty", "NOT OK there is no none", `NOT OK there is no a"}}{{.}}{{"`,
		`NOT OK it cannot be read: Error from server (Forbidden): secrets "hidden" is forbidden: ...`,
		`NOT OK it cannot be read: Error from server (NotFound): secrets "gone" not found`)
	s.Links = s.Links[:6]
	w.run(0, "-x")
	w.wantSaid("ok      json has 23 bytes")
	if strings.Contains(w.out.String(), word) {
		t.Errorf("it says the word:\n%s", w.out.String())
	}
}
