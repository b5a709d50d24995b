//go:build e2e

package e2e

import (
	"testing"

	"github.com/kubechores/kubechores/pkg/finding"
)

// customKinds are the rights on custom objects, which the role view has not.
const customKinds = `
- {apiGroups: [networking.istio.io, gateway.networking.k8s.io, cert-manager.io, acme.cert-manager.io, certmanager.k8s.io], resources: ["*"], verbs: [get, list]}`

// One who may see all but Secrets is told so, and not that all is well.
func TestViewer(t *testing.T) {
	w := newSimulatedWorld(t)
	w.today()
	t.Cleanup(func() {
		w.ns.Kubectl("delete", "clusterrole,clusterrolebinding", "-l", "certcheck.example.com/test="+w.gw)
	})
	w.apply(`
apiVersion: v1
kind: ServiceAccount
metadata: {name: viewer, namespace: $gw}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: $gw, labels: {certcheck.example.com/test: $gw}}
rules:` + customKinds + `
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: $gw, labels: {certcheck.example.com/test: $gw}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: $gw}
subjects: [{kind: ServiceAccount, name: viewer, namespace: $gw}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: $gw-view, labels: {certcheck.example.com/test: $gw}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: viewer, namespace: $gw}]`)
	env := []string{"KUBECONFIG=" + w.ns.KubeconfigOf("viewer")}
	r := w.checkAs(env).exits(0)
	r.skips("Secret", w.gw)
	if verdict, root := r.subject(door); verdict != finding.Skipped || root != "ENV08" || r.Verdict == finding.OK {
		t.Errorf("the door is %s by %s, the whole %s: nobody has seen the Secret\n%s", verdict, root, r.Verdict, r.text())
	}
	w.checkAs(env, "--fail-on", "warning").exits(3).skips("Secret", w.gw)

	// What the rest of the chain says is found nevertheless.
	w.ns.Kubectl("delete", "secret", "web-tls", "-n", w.gw)
	w.denied()
	if _, root := w.checkAs(env).exits(3).subject(door); root != "IAM02" {
		t.Errorf("root cause %s, want IAM02", root)
	}
}

// skips expects a skipped check for want of a right on a kind, in a namespace or in all.
func (r *report) skips(kind, namespace string) {
	r.t.Helper()
	for _, f := range r.Findings {
		if f.ID == "ENV08" && f.Severity == finding.Skipped && f.Object.Kind == kind && (f.Object.Namespace == namespace || f.Object.Namespace == "") {
			return
		}
	}
	r.t.Errorf("no ENV08 about %s\n%s", kind, r.text())
}

// One who may see his namespace only has it checked.
func TestNamespaceOnly(t *testing.T) {
	w := newWorld(t)
	w.apply(ingress, `
apiVersion: v1
kind: ServiceAccount
metadata: {name: dev, namespace: $gw}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: dev, namespace: $shop}
rules:`+customKinds+`
- {apiGroups: ["", apps, networking.k8s.io], resources: ["*"], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: dev, namespace: $shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: dev}
subjects: [{kind: ServiceAccount, name: dev, namespace: $gw}]`)
	w.secret(w.shop, "web-tls", w.ca.leaf(t, day, 89*day, w.host))
	env := []string{"KUBECONFIG=" + w.ns.KubeconfigOf("dev")}
	const door = "Ingress.networking.k8s.io/web"
	r := w.checkAs(env).exits(0)
	r.skips("Certificate", w.gw) // of other namespaces
	if verdict, root := r.subject(door); root != "" {
		t.Errorf("the door is %s by %s", verdict, root)
	}
	w.secret(w.shop, "web-tls", w.ca.leaf(t, 91*day, -day, w.host))
	if _, root := w.checkAs(env).exits(3).subject(door); root != "SEC05" {
		t.Errorf("root cause %s, want SEC05", root)
	}
}
