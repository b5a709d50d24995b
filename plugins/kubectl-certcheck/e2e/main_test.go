//go:build e2e

// Package e2e runs the built kubectl-certcheck through kubectl on a real Kubernetes.
//
// The CustomResourceDefinitions are the real ones, which judge every object that a test
// makes. cert-manager and Istio are not there: their objects' statuses and events are
// written by the tests, and their gateways are played, by pods of kwok where only the API
// is read, and by a TLS server where handshakes are done.
package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

func TestMain(m *testing.M) {
	os.Exit(realcluster.Main(m, "kubectl-certcheck", "kubectl_complete-certcheck"))
}

// definitions applies the CustomResourceDefinitions, once, and leaves them: other
// packages' tests may use them at the same time.
var definitions = sync.OnceValue(func() error {
	root := filepath.Dir(realcluster.Bin())
	print := exec.Command("go", "-C", filepath.Join(root, "scripts", "crds"), "run", ".")
	text, err := print.Output()
	if err != nil {
		return fmt.Errorf("scripts/crds: %w", err)
	}
	apply := exec.Command("kubectl", "--kubeconfig", realcluster.Kubeconfig(), "apply", "--server-side", "-f", "-", "-o", "name")
	apply.Stdin = strings.NewReader(string(text))
	names, err := apply.CombinedOutput()
	if err != nil {
		return fmt.Errorf("applying the definitions: %w\n%s", err, names)
	}
	wait := append([]string{"--kubeconfig", realcluster.Kubeconfig(), "wait", "--for=condition=Established", "--timeout=180s"}, strings.Fields(string(names))...)
	if out, err := exec.Command("kubectl", wait...).CombinedOutput(); err != nil {
		return fmt.Errorf("waiting for the definitions: %w\n%s", err, out)
	}
	return nil
})
