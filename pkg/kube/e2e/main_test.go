//go:build e2e

// Package e2e tries exec and port-forward of package kube on a real Kubernetes,
// over each of the two protocols that servers speak.
package e2e

import (
	"os"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

func TestMain(m *testing.M) { os.Exit(realcluster.Main(m)) }
