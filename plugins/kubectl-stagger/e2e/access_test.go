//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// job is what `kubectl stagger cronjob` prints for the test's pool.
type job struct {
	pool    *gkePool
	objects []map[string]any
	args    []string          // of nodepool, as the job runs it
	taken   rbacv1.PolicyRule // the right that it was left without last
}

func (p *gkePool) job(t *testing.T, flags ...string) *job {
	t.Helper()
	return p.jobOf(t, realcluster.BusyboxImage, p.cloud.URL(), flags...)
}

// jobOf is the job of an image, for a cloud at an address.
func (p *gkePool) jobOf(t *testing.T, image, cloud string, flags ...string) *job {
	t.Helper()
	args := []string{"stagger", "cronjob", p.name, "--image", image, "-n", p.ns.Name, "--name", p.name, "-o", "json", "--",
		"--lease-namespace", p.ns.Name, "--gce-endpoint", cloud}
	run := p.ns.For(t).StartCommand(nil, "kubectl", append(args, flags...)...)
	if code := run.WaitFor(patience); code != 0 {
		t.Fatalf("cronjob: exit code %d", code)
	}
	var list struct {
		Items []map[string]any `json:"items"`
	}
	j := &job{pool: p}
	if err := json.Unmarshal([]byte(run.Stdout()), &list); err != nil {
		t.Fatalf("cronjob -o json: %v\n%s", err, run.Stdout())
	}
	j.objects = list.Items
	var cron struct {
		Spec struct {
			JobTemplate struct {
				Spec struct {
					Template struct {
						Spec struct{ Containers []struct{ Args []string } }
					}
				}
			}
		}
	}
	decode(t, j.object(t, "CronJob"), &cron)
	j.args = cron.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args
	return j
}

func (j *job) object(t *testing.T, kind string) map[string]any {
	t.Helper()
	for _, o := range j.objects {
		if o["kind"] == kind {
			return o
		}
	}
	t.Fatalf("cronjob prints no %s", kind)
	return nil
}

// decode turns an object into a typed one.
func decode(t *testing.T, from, to any) {
	t.Helper()
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// file writes objects for kubectl -f.
func file(t *testing.T, objects ...any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "objects.json")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// notVital are rights without which the job does its work, though it sees less: it
// learns of budgets when they refuse an eviction.
var notVital = map[string]bool{"get poddisruptionbudgets": true, "list poddisruptionbudgets": true, "get daemonsets": true}

// The rights that cronjob prints are enough, and none is too many: without any of
// them the job fails, but for a few, and says which it is.
func TestRights(t *testing.T) {
	ns := realcluster.New(t)
	p := newPool(t, ns, 3, 0)
	ns.Apply(p.deployment("web", 6), budget("web", "", "2"), p.daemonSet("agent"))
	ns.Running("app=web", 6)
	ns.Running("app=agent", 3)
	counted(ns, "web", 6)
	j := p.job(t, quick(10*time.Second)...)
	var all, rights []any
	for _, o := range j.objects {
		all = append(all, o)
		if o["kind"] != "CronJob" {
			rights = append(rights, o)
		}
	}
	ns.Kubectl("create", "--dry-run=server", "-f", file(t, all...))
	given := file(t, rights...)
	ns.Kubectl("create", "-f", given)
	t.Cleanup(func() { ns.Kubectl("delete", "--ignore-not-found", "--wait=false", "-f", given) })
	env := []string{"KUBECONFIG=" + ns.KubeconfigOf(p.name)}

	var everywhere rbacv1.ClusterRole
	var here rbacv1.Role
	decode(t, j.object(t, "ClusterRole"), &everywhere)
	decode(t, j.object(t, "Role"), &here)
	for i := range everywhere.Rules {
		for verb := range everywhere.Rules[i].Verbs {
			less := everywhere.DeepCopy()
			j.without(t, env, less, &less.Rules[i], verb)
		}
	}
	ns.Kubectl("replace", "-f", file(t, everywhere))
	j.await(t, &j.taken, true)
	for i := range here.Rules {
		for verb := range here.Rules[i].Verbs {
			less := here.DeepCopy()
			j.without(t, env, less, &less.Rules[i], verb)
		}
	}
	ns.Kubectl("replace", "-f", file(t, here))
	j.await(t, &j.taken, true)
	j.anew()
	run := ns.StartCommand(env, "kubectl", append([]string{"stagger"}, j.args...)...)
	if code := run.WaitFor(patience); code != 0 {
		t.Errorf("with all rights: exit code %d", code)
	}
	if after := crowded(p.deaths(t, 24*time.Hour), 24*time.Hour+time.Second, 2*time.Second); after > 1 {
		t.Errorf("a window of 2s takes %d nodes, want 1", after)
	}
	p.expectClean(t)
}

// without runs the job without the verb-th verb of a role's rule.
func (j *job) without(t *testing.T, env []string, role any, rule *rbacv1.PolicyRule, verb int) {
	name, resource := rule.Verbs[verb], rule.Resources[0]
	t.Run(name+" "+strings.ReplaceAll(resource, "/", " "), func(t *testing.T) {
		ns := j.pool.ns.For(t)
		j.taken = *rule
		j.taken.Verbs = []string{name}
		rule.Verbs = slices.Delete(slices.Clone(rule.Verbs), verb, verb+1)
		if len(rule.Verbs) == 0 {
			rule.Verbs = []string{"watch"} // a rule without verbs is not valid; nothing here watches
		}
		ns.Kubectl("replace", "-f", file(t, role))
		j.await(t, &j.taken, false)
		j.anew()
		run := ns.StartCommand(env, "kubectl", append([]string{"stagger"}, j.args...)...)
		code, soft := run.WaitFor(patience), notVital[name+" "+resource]
		if want := map[bool]int{true: 0, false: 1}[soft]; code != want {
			t.Errorf("exit code %d, want %d", code, want)
		}
		if !soft && !strings.Contains(run.Stderr(), "cannot "+name+` resource "`+resource+`"`) {
			t.Errorf("stderr does not name the right that is missing:\n%s", run.Stderr())
		}
	})
}

// await waits until the API server gives the job a right, or refuses it: its authorizer learns
// of a changed role a little later than that is made.
func (j *job) await(t *testing.T, right *rbacv1.PolicyRule, want bool) {
	t.Helper()
	ns := j.pool.ns.For(t)
	resource, sub, _ := strings.Cut(right.Resources[0], "/")
	asked := map[string]any{"verb": right.Verbs[0], "group": right.APIGroups[0], "resource": resource, "subresource": sub}
	if resource == "leases" { // the only ones that are of one namespace
		asked["namespace"] = ns.Name
	}
	if len(right.ResourceNames) > 0 {
		asked["name"] = right.ResourceNames[0]
	}
	review := file(t, map[string]any{"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
		"spec": map[string]any{"user": ns.ServiceAccountName(j.pool.name), "resourceAttributes": asked}})
	ns.Until("the authorizer knows of the role", podTime, func() error {
		if got := ns.Kubectl("create", "-f", review, "-o", "jsonpath={.status.allowed}"); got != strconv.FormatBool(want) {
			return fmt.Errorf("%s %s is allowed: %q, want %v", right.Verbs[0], right.Resources[0], got, want)
		}
		return nil
	})
}

// anew takes away what a run that failed has left, its plan, and a lease that it was
// not allowed to give back, and crowds the pool again.
func (j *job) anew() {
	j.pool.ns.Kubectl("delete", "lease", "-n", j.pool.ns.Name, "--all")
	j.pool.cloud.crowd()
}
