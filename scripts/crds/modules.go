//go:build modules

package main

// What keeps the modules in go.mod whose definitions are printed. Nothing of them is
// compiled.
import (
	_ "github.com/cert-manager/cert-manager/pkg/apis/certmanager"
	_ "istio.io/api/annotation"
	_ "sigs.k8s.io/gateway-api/apis/v1"
)
