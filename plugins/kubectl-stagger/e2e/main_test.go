//go:build e2e

// Package e2e runs the built kubectl-stagger through kubectl on a real Kubernetes.
//
// Nodes are simulated by kwok and machines by a scripted Compute Engine API, but
// evictions, disruption budgets, the scheduler and the controllers are the real
// ones. Each promise is counted: who dies when, which machine stands where, how
// many pods were ready at the worst moment. Tests begin in the order of their files,
// so those that take longest are in the first ones.
package e2e

import (
	"os"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

func TestMain(m *testing.M) {
	os.Exit(realcluster.Main(m, "kubectl-stagger", "kubectl_complete-stagger"))
}
