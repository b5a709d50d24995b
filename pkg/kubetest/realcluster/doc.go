// Package realcluster is the end-to-end tests' way to a real Kubernetes, the one
// that E2E_KUBECONFIG names: a namespace for each test, objects through kubectl,
// the built plugins through kubectl, and faults where the cluster is the one of
// scripts/cluster.
//
// A test begins with New, or with NewAlone when it breaks what all tests share.
// What a cluster cannot do is never passed over in silence: see Namespace.Cannot.
package realcluster
