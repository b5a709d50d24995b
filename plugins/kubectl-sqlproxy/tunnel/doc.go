// Package tunnel leads connections to a port of a ready pod through the API server, and
// goes on with another pod when that one is gone.
//
// kubectl's port-forward leads all connections to one pod, ends with it, and ends, too,
// when the pod refuses or resets one of them. Here each connection is a port-forward of
// its own, to a pod that is ready when it begins.
package tunnel
