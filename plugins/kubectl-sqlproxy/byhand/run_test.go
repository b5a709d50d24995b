//go:build !windows

package byhand

import (
	"bytes"
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/pkg/kubetest/tool"
)

// world is a scripted API server to which a script applies with the real kubectl.
type world struct {
	*kubetest.Server
	t    *testing.T
	dir  string
	plan Plan
	env  []string
	out  bytes.Buffer
}

const secretKey = "the key that nobody may see"

func newWorld(t *testing.T) *world {
	t.Helper()
	tool.Find(t, "kubectl")
	w := &world{Server: kubetest.Start(t), t: t, dir: t.TempDir(), plan: sample(t)}
	w.Must(w.Create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}))
	w.Must(os.WriteFile(filepath.Join(w.dir, "key.json"), []byte(secretKey), 0o600))
	w.env = append(os.Environ(), "KUBECONFIG="+w.KubeconfigFile(t), "HOME="+w.dir, "YES=1", "DRY_RUN=")
	return w
}

// run runs the script to its end, which has to have this exit status. SQLPROXY_BASH
// names another bash.
func (w *world) run(status int) {
	w.t.Helper()
	path := filepath.Join(w.dir, "script")
	w.Must(os.WriteFile(path, []byte(write(w.t, w.plan)), 0o644))
	// Without a terminal to ask on.
	cmd := exec.Command("setsid", "--wait", tool.Find(w.t, cmp.Or(os.Getenv("SQLPROXY_BASH"), "bash")), path)
	cmd.Dir, cmd.Env = w.dir, w.env
	w.out.Reset()
	cmd.Stdout, cmd.Stderr = &w.out, &w.out
	cmd.WaitDelay = 5 * time.Second
	w.Must(cmd.Start())
	timer := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != status {
		w.t.Fatalf("exit status %d, want %d:\n%s", got, status, w.out.String())
	}
	if strings.Contains(w.out.String(), secretKey) || strings.Contains(w.out.String(), "dGhlIGtleSB0aGF0") {
		w.t.Errorf("the key is told:\n%s", w.out.String())
	}
}

func (w *world) wantSaid(texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		if !strings.Contains(w.out.String(), text) {
			w.t.Errorf("said:\n%s\nwant %q in it", w.out.String(), text)
		}
	}
}

// names are the objects of a resource.
func (w *world) names(group, version, resource string) []string {
	w.t.Helper()
	list, err := w.List(schema.GroupVersionResource{Group: group, Version: version, Resource: resource}, "shop")
	w.Must(err)
	var all []string
	for i := range list {
		all = append(all, list[i].GetName())
	}
	return all
}

// controller makes the Deployment available, as soon as it is there.
func (w *world) controller() {
	stop := make(chan struct{})
	w.t.Cleanup(func() { close(stop) })
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "sql-proxy"}}
			if w.Load(d) == nil && d.Status.ObservedGeneration < d.Generation {
				n := *d.Spec.Replicas
				d.Status = appsv1.DeploymentStatus{ObservedGeneration: d.Generation, Replicas: n, UpdatedReplicas: n, ReadyReplicas: n, AvailableReplicas: n}
				_ = w.Update(d) // the test may be over
			}
		}
	}()
}

func TestScriptApplies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.controller()
	w.plan.Prune = true
	w.Must(w.Create(
		&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "old", Labels: map[string]string{"app.kubernetes.io/managed-by": "kubectl-sqlproxy", "app.kubernetes.io/instance": "sql-proxy"}}},
		&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "mine"}}))
	w.run(0)
	if got := w.names("", "v1", "services"); !slices.Equal(got, []string{"mine", "sql-proxy-orders"}) {
		t.Errorf("Services: %q", got)
	}
	if got := w.names("apps", "v1", "deployments"); !slices.Equal(got, []string{"sql-proxy"}) {
		t.Errorf("Deployments: %q", got)
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "sql-proxy-credentials"}}
	w.Must(w.Load(secret))
	if string(secret.Data["key.json"]) != secretKey || secret.Labels["app.kubernetes.io/instance"] != "sql-proxy" || secret.ManagedFields[0].Manager != "kubectl-sqlproxy" {
		t.Errorf("Secret: %+v", secret.ObjectMeta)
	}
	// What the plugin applies has a type, too: else each would take that from the other.
	if fields := secret.ManagedFields[0].FieldsV1.GetRawString(); !strings.Contains(fields, `"f:type"`) {
		t.Errorf("the Secret's type is not among %s", fields)
	}
	w.wantSaid("deployment.apps/sql-proxy serverside-applied", "successfully rolled out", `service "old" deleted`)
	before := w.ResourceVersion()
	w.run(0)
	if after := w.ResourceVersion(); after != before {
		t.Errorf("a second run changes something (%s, then %s):\n%s", before, after, w.out.String())
	}
}

func TestScriptDryRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env = append(w.env, "DRY_RUN=1")
	before := w.ResourceVersion()
	w.run(0)
	if w.ResourceVersion() != before {
		t.Error("it changes something")
	}
	w.wantSaid("+kind: Deployment")
}

func TestScriptAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env = append(w.env, "YES=")
	before := w.ResourceVersion()
	w.run(1)
	w.wantSaid("not confirmed: there is no terminal to ask on")
	if w.ResourceVersion() != before {
		t.Error("it changes something")
	}
}

func TestScriptRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		prepare func(*world)
		want    string
	}{
		"no namespace": {func(w *world) { w.plan.Namespace = "nowhere" }, "namespace nowhere could not be looked at, and none is made"},
		"no Secret":    {func(w *world) { w.plan.Keys, w.plan.Secrets = nil, []string{"creds"} }, "there is no secret/creds in namespace shop"},
		"no key file":  {func(w *world) { w.plan.Keys[0].File = "it's not there" }, "there is no key in it's not there"},
		"no right":     {func(w *world) { w.Forbid("patch", "services") }, "what would change cannot be shown, and nothing was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tc.prepare(w)
			before := w.ResourceVersion()
			w.run(1)
			w.wantSaid(tc.want)
			if w.ResourceVersion() != before {
				t.Error("it changes something")
			}
		})
	}
}

func TestScriptShowsWhyItFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.plan.Timeout = time.Second
	w.Must(w.Create(kubetest.Pod("shop", "sql-proxy-1-a", kubetest.WithContainers("proxy"), kubetest.WithLabels("app.kubernetes.io/instance", "sql-proxy"))))
	w.Container("shop", "sql-proxy-1-a", "proxy").Write("unable to start: 404")
	w.run(1)
	w.wantSaid("sql-proxy-1-a", "unable to start: 404", "error: the rollout is not done; the pods of before serve on")
}
