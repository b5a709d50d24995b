//go:build e2e

package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// world is the place of a test: its namespace, which takes only pods of the restricted
// level, and the cloud.
type world struct {
	t       *testing.T
	ns      *realcluster.Namespace
	cloud   *cloud
	key     string // path of a service account's key
	secrets []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return worldIn(t, realcluster.New(t))
}

// newWorldAlone is a world whose test may drain nodes.
func newWorldAlone(t *testing.T) *world {
	t.Helper()
	return worldIn(t, realcluster.NewAlone(t))
}

func worldIn(t *testing.T, ns *realcluster.Namespace) *world {
	t.Helper()
	w := &world{t: t, ns: ns, key: filepath.Join(t.TempDir(), "key.json")}
	w.awaitImages()
	var err error
	if w.cloud, err = startCloud(); err != nil {
		t.Fatal(err)
	}
	ns.Kubectl("label", "namespace", ns.Name, "pod-security.kubernetes.io/enforce=restricted")
	w.writeKey()
	return w
}

// awaitImages ends the test where the images are not on the nodes.
func (w *world) awaitImages() {
	w.t.Helper()
	known := w.ns.Kubectl("get", "nodes", "-o", "jsonpath={.items[*].status.images[*].names[*]}")
	for _, image := range []string{proxyV1, proxyV2, postgres, mariadb, sqlcloud, sqlload} {
		if !strings.Contains(" "+known+" ", " "+image+" ") {
			w.ns.Cannot("image " + image + " is not on the nodes: `make e2e-images` puts it there")
		}
	}
}

// writeKey makes a service account's key as Google does, but with the cloud's endpoint for
// tokens.
func (w *world) writeKey() {
	w.t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		w.t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		w.t.Fatal(err)
	}
	block := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	w.secrets = append(w.secrets, password, strings.Split(block, "\n")[3])
	data, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "shop", "private_key_id": "e2e", "private_key": block, "client_id": "1",
		"client_email": "sql-proxy@shop.iam.gserviceaccount.com", "token_uri": w.cloud.tokens(),
	})
	if err == nil {
		err = os.WriteFile(w.key, data, 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// fill replaces $v1, $v2 (images), $api (the cloud's Admin API), $postgres and $mariadb.
func (w *world) fill(text string) string {
	return strings.NewReplacer("$v1", proxyV1, "$v2", proxyV2, "$api", w.cloud.endpoint(), "$postgres", postgres, "$mariadb", mariadb).Replace(text)
}

// apply creates objects.
func (w *world) apply(documents ...string) {
	w.t.Helper()
	for _, text := range documents {
		w.ns.Apply(w.fill(text))
	}
}

// service is the ClusterIP of a Service.
func (w *world) service(name string) string {
	w.t.Helper()
	return w.ns.Kubectl("get", "service", name, "-n", w.ns.Name, "-o", "jsonpath={.spec.clusterIP}")
}

// patience is how long a run may take: more than apply waits for its rollout by itself, so that
// what it says of a failure is seen.
const patience = 6 * time.Minute

// sqlproxy runs `kubectl sqlproxy COMMAND -n NAMESPACE ARGS` to its end, expects an exit
// code, and returns stdout and stderr. Whatever is printed must not hold a secret.
func (w *world) sqlproxy(want int, command string, args ...string) (stdout, stderr string) {
	w.t.Helper()
	r := w.start(command, args...)
	code := r.WaitFor(patience)
	w.guard(r)
	if code != want {
		w.t.Fatalf("%s %s: exit code %d, want %d\n%s%s", command, strings.Join(args, " "), code, want, r.Stdout(), r.Stderr())
	}
	return r.Stdout(), r.Stderr()
}

func (w *world) start(command string, args ...string) *realcluster.Run {
	w.t.Helper()
	return w.ns.StartCommand(nil, "kubectl", append([]string{"sqlproxy", command, "-n", w.ns.Name}, args...)...)
}

// guard fails the test when a run has printed a secret.
func (w *world) guard(r *realcluster.Run) {
	w.t.Helper()
	for _, secret := range w.secrets {
		if strings.Contains(r.Stdout()+r.Stderr(), secret) {
			w.t.Error("kubectl sqlproxy prints a part of a secret")
		}
	}
}
