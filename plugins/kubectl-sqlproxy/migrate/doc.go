// Package migrate moves workloads from a proxy of the first version, and from sidecars,
// to one shared proxy of the second: what the shared one has to be, and the workload
// without its sidecar.
package migrate
