// Package collect reads from a cluster what concerns its proxies, into one
// snapshot.Snapshot. It only reads. Lists are paged, and memory is bounded by the number
// of proxies and workloads, not by that of pods: pods are asked for by the selectors of
// what has a proxy in it, and of other workloads only what a client shows stays.
//
// What may not be read, or is not served, is noted in the snapshot and does not end the
// collection. Of Secrets, only those that a proxy is given are read, by name, and only
// the shape of their values is kept.
package collect
