//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

const rbacYAML = `
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: reader}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: blind}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: nobody}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: execer}}
- {apiVersion: v1, kind: ServiceAccount, metadata: {name: getter}}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: Role
  metadata: {name: execer}
  rules:
  - {apiGroups: [""], resources: [pods], verbs: [get]}
  - {apiGroups: [""], resources: [pods/exec], verbs: [create, get]}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: Role
  metadata: {name: getter}
  rules:
  - {apiGroups: [""], resources: [pods, pods/exec], verbs: [get]}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: execer}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: execer}
  subjects: [{kind: ServiceAccount, name: execer}]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: getter}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: getter}
  subjects: [{kind: ServiceAccount, name: getter}]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: Role
  metadata: {name: reader}
  rules:
  - {apiGroups: [""], resources: [pods, pods/log], verbs: [get]}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: Role
  metadata: {name: blind}
  rules:
  - {apiGroups: [""], resources: [pods], verbs: [get, list, watch]}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: reader}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
  subjects: [{kind: ServiceAccount, name: reader}]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: blind}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: blind}
  subjects: [{kind: ServiceAccount, name: blind}]
`

// What users see who have only some of the rights, or none: RBAC is the real
// one, through tokens of service accounts and through --as.
func TestRights(t *testing.T) {
	ns := realcluster.New(t)
	ns.Apply(rbacYAML, realcluster.Pod("web-0", realcluster.Writer("app", "-lines=10", "-after=1h")))
	ns.Apply(realcluster.Pod("short", realcluster.Writer("app", "-lines=10", "-after=1h")))
	ns.Running("", 2)
	kubeconfig := map[string]string{}
	for _, name := range []string{"reader", "blind", "nobody", "execer", "getter"} {
		kubeconfig[name] = ns.KubeconfigOf(name)
	}
	name := func(account string) string { return ns.ServiceAccountName(account) }
	for _, c := range []struct {
		title string
		as    string // account whose token is used, or
		args  []string
		code  int
		lines int
		says  []string
	}{
		{"get alone, pod by name", "reader", []string{"web-0", "--no-follow"}, 0, 10, nil},
		{"get alone, pod/name", "reader", []string{"pod/web-0", "--no-follow"}, 0, 10, nil},
		{"get alone, pattern", "reader", []string{"web", "--no-follow"}, 1, 0, []string{name("reader"), "cannot list resource \"pods\"", "full name"}},
		{"get alone, label", "reader", []string{"-l", "app=web-0", "--no-follow"}, 1, 0, []string{name("reader"), "cannot list resource \"pods\""}},
		{"no logs", "blind", []string{"web-0", "--no-follow"}, 1, 0, []string{"not allowed to read " + ns.Name + "/web-0/app", name("blind"), "get pods/log in namespace " + ns.Name}},
		{"nothing", "nobody", []string{"web-0", "--no-follow"}, 1, 0, []string{name("nobody"), "cannot list resource \"pods\"", ns.Name}},
		{"nothing, following", "nobody", []string{"deploy/web"}, 1, 0, []string{name("nobody"), "cannot"}},
		{"a file", "execer", []string{"web-0", "--file", "/etc/passwd", "--no-follow"}, 0, 2, nil},
		{"no files", "reader", []string{"web-0", "--file", "/etc/passwd", "--no-follow"}, 1, 0, []string{name("reader"), "create pods/exec", "in namespace " + ns.Name}},
		{"no files, with get", "getter", []string{"web-0", "--file", "/etc/passwd", "--no-follow"}, 1, 0, []string{name("getter"), "create pods/exec", "in namespace " + ns.Name}},
		{"--as", "", []string{"web-0", "--no-follow", "--as", name("nobody")}, 1, 0, []string{name("nobody"), "cannot list resource \"pods\""}},
		{"--as a reader", "", []string{"web-0", "--no-follow", "--as", name("reader")}, 0, 10, nil},
	} {
		t.Run(c.title, func(t *testing.T) {
			t.Parallel()
			ns := ns.For(t)
			args := append([]string{"mlogs", "-n", ns.Name}, c.args...)
			var env []string
			if c.as != "" {
				env = []string{"KUBECONFIG=" + kubeconfig[c.as]}
			}
			run := ns.StartCommand(env, "kubectl", args...)
			if code := run.Wait(); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if n := strings.Count(run.Stdout(), "\n"); n != c.lines {
				t.Errorf("%d lines, want %d", n, c.lines)
			}
			for _, text := range c.says {
				if !strings.Contains(run.Stderr(), text) {
					t.Errorf("stderr lacks %q", text)
				}
			}
			t.Logf("stderr:\n%s", run.Stderr())
		})
	}
	t.Run("no logs, following", func(t *testing.T) {
		run := ns.For(t).StartCommand([]string{"KUBECONFIG=" + kubeconfig["blind"]}, "kubectl", "mlogs", "web-0")
		run.Says("get pods/log in namespace " + ns.Name)
		run.Stop()
	})
	t.Run("get alone, following", func(t *testing.T) {
		ns := ns.For(t)
		run := ns.StartCommand([]string{"KUBECONFIG=" + kubeconfig["reader"]}, "kubectl", "mlogs", "short")
		run.Prints("000000010\n")
		ns.Kubectl("delete", "pod", "-n", ns.Name, "short")
		if run.Ended() {
			t.Errorf("a run that follows has ended:\n%s", run.Stderr())
		}
		if code := run.Stop(); code != 130 {
			t.Errorf("exit code %d, want 130", code)
		}
	})
}
