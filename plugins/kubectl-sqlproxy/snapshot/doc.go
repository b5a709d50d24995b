// Package snapshot is what is known of the proxies in a cluster, or in files, as of one
// moment: objects, events, log lines and what a look at the wire has shown, and how they
// hang together.
//
// It is pure. Snapshot.Add takes an object as JSON; Close joins them: each Proxy has the
// workload that runs it, its pods, the Services, budgets and policies that select them,
// and what its command line says. Of Secrets only the shape of each value is kept.
package snapshot
