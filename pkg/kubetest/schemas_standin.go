//go:build standin

package kubetest

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/managedfields"
)

// schemas are none: what applies nothing need not wait until those of client-go are
// compiled, which are half of what "make demo" would compile.
func schemas(*runtime.Scheme) managedfields.TypeConverter {
	return managedfields.NewDeducedTypeConverter()
}
