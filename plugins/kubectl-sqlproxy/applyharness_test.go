package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// install is a cluster in which proxies are applied: its Deployments' controller does
// as it is told.
type installWorld struct {
	*kubetest.Server
	t *testing.T

	mu   sync.Mutex
	play func(*appsv1.Deployment) // what the controller makes of a Deployment that was changed
}

func newInstallWorld(t *testing.T) *installWorld {
	t.Helper()
	w := &installWorld{Server: kubetest.Start(t), t: t, play: available}
	w.Must(w.Create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}))
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(3 * time.Millisecond):
				w.control()
			}
		}
	})
	t.Cleanup(func() { close(stop); done.Wait() })
	return w
}

// control plays the controller for a Deployment that it has not seen.
func (w *installWorld) control() {
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "sql-proxy"}}
	if w.Load(d) != nil || d.Status.ObservedGeneration == d.Generation {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	d.Status = appsv1.DeploymentStatus{ObservedGeneration: d.Generation}
	w.play(d)
	_ = w.Update(d) // it may be deleted
}

// plays has the controller do something else.
func (w *installWorld) plays(play func(*appsv1.Deployment)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.play = play
}

// available is a Deployment whose pods run.
func available(d *appsv1.Deployment) {
	n := *d.Spec.Replicas
	d.Status.Replicas, d.Status.UpdatedReplicas, d.Status.ReadyReplicas, d.Status.AvailableReplicas = n, n, n, n
}

// stuck is one whose pods do not.
func stuck(d *appsv1.Deployment) {
	d.Status.Replicas, d.Status.UpdatedReplicas = *d.Spec.Replicas, *d.Spec.Replicas
}

// podOf is a pod of the proxy's Deployment.
func podOf(name string, opts ...kubetest.PodOption) *corev1.Pod {
	labels := []string{"app.kubernetes.io/instance", "sql-proxy", "app.kubernetes.io/name", "sql-proxy"}
	return kubetest.Pod("shop", name, append([]kubetest.PodOption{kubetest.WithContainers("proxy"), kubetest.WithLabels(labels...)}, opts...)...)
}

// start runs apply or delete; the flags of a connection are added.
func (w *installWorld) start(args ...string) *clitest.Invocation {
	w.t.Helper()
	build := func(streams genericiooptions.IOStreams) *cobra.Command {
		o := newActOptions(streams)
		o.pause = 5 * time.Millisecond
		cmd := newApplyCommandOf(&applyOptions{actOptions: o, colour: "never"})
		if args[0] == "delete" {
			cmd = newDeleteCommandOf(&deleteOptions{actOptions: o})
		}
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		return cmd
	}
	given := append(slices.Clone(args[1:]), "--kubeconfig", w.KubeconfigFile(w.t))
	if !slices.Contains(args, "-n") {
		given = append(given, "-n", "shop")
	}
	return clitest.Start(w.t, build, "", given...)
}

func (w *installWorld) run(args ...string) (out, talk string, err error) {
	w.t.Helper()
	return w.start(args...).Run()
}

// one is apply for a PostgreSQL server, with more flags.
func one(more ...string) []string {
	return append([]string{"apply", "--instance", "shop:europe-west1:orders=postgres", "--workload-identity", "proxy@shop.iam.gserviceaccount.com"}, more...)
}

// applied has the proxy applied.
func (w *installWorld) applied(args ...string) {
	w.t.Helper()
	if out, talk, err := w.run(append(args, "--yes")...); err != nil {
		w.t.Fatalf("%v\n%s%s", err, out, talk)
	}
}

// changes are the requests that would change something, but for dry runs.
func (w *installWorld) changes() int {
	return w.CountRequests(func(r kubetest.RequestRecord) bool {
		return r.Method != "GET" && len(r.Query["dryRun"]) == 0
	})
}

// there are the objects of the namespace, as kubectl names them.
func (w *installWorld) there() []string {
	w.t.Helper()
	var all []string
	for _, r := range []schema.GroupVersionResource{
		{Version: "v1", Resource: "serviceaccounts"}, {Version: "v1", Resource: "secrets"}, {Version: "v1", Resource: "services"},
		{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"}, {Group: "networking.k8s.io", Version: "v1", Resource: "networkpolicies"},
		{Group: "apps", Version: "v1", Resource: "deployments"},
	} {
		list, err := w.List(r, "shop")
		w.Must(err)
		for i := range list {
			all = append(all, r.Resource+"/"+list[i].GetName())
		}
	}
	return all
}

// has fails unless a text has the parts.
func has(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}

// refused fails unless an error has the parts.
func refused(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	has(t, err.Error(), parts...)
}

// testKey is a file with a service account's key; secrets are what must be told nowhere.
type testKey struct {
	path    string
	secrets []string
}

func newTestKey(t *testing.T) testKey {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	raw, err := json.Marshal(map[string]string{"type": "service_account", "project_id": "shop", "client_email": "proxy@shop.iam.gserviceaccount.com", "private_key": text})
	if err != nil {
		t.Fatal(err)
	}
	k := testKey{path: filepath.Join(t.TempDir(), "key.json")}
	if err := os.WriteFile(k.path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	middle := strings.Split(text, "\n")[5]
	k.secrets = []string{middle, base64.StdEncoding.EncodeToString(raw)[300:340]}
	return k
}
