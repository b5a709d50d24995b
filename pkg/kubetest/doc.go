// Package kubetest is a scripted Kubernetes API server: a real protocol peer
// over TLS, HTTP/2, HTTP/1.1, SPDY and WebSocket, with a store of objects,
// watches, container logs, exec and port-forward, that plays faults on request.
//
// Tests call Start; programs (the stand-in cluster of the demo) call Listen.
// It has no controllers, no scheduler and no kubelet of its own: the script
// says what happens. What it answers follows kube-apiserver and kubelet 1.36;
// each rule names where it comes from.
package kubetest
