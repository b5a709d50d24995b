// Package kube is what the plugins share about a cluster: kubectl's connection
// flags, one rest.Config per context, typed resources, pod selection with list
// and live watch, log streams, exec and port-forward.
//
// Binaries stay small because only the API groups in scheme.go are linked;
// client-go's own scheme of every group, and its discovery package, are not.
package kube
