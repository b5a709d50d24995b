//go:build e2e

// Package e2e runs the built kubectl-sqlproxy through kubectl on a real Kubernetes, with
// the real Cloud SQL Proxies in both versions and real databases behind them. Google's
// side is played by sqlcloud: see scripts/sqlproxy.
package e2e

import (
	"fmt"
	"os"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

func TestMain(m *testing.M) {
	code := realcluster.Main(m, "kubectl-sqlproxy", "kubectl_complete-sqlproxy")
	if err := endCloud(); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}
