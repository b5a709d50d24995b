//go:build e2e

// Package e2e runs the built kubectl-mlogs through kubectl on a real Kubernetes.
//
// The writers number their lines, and the nodes' log files are held open while a
// test runs, so that every line which was ever written is accounted for: lost,
// printed twice, out of order and torn lines are counted, and must be none.
package e2e

import (
	"os"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

func TestMain(m *testing.M) {
	os.Exit(realcluster.Main(m, "kubectl-mlogs", "kubectl_complete-mlogs"))
}
