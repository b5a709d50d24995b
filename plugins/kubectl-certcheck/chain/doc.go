// Package chain is what is known of everything between a door that serves TLS and
// the DNS credentials behind its certificate: objects of the cluster or of files as
// one Snapshot, and how they hang together.
//
// It is pure. Snapshot.Add takes an object as JSON, of any API version that a
// program of 2018 or of today writes, and keeps the few fields that rules need, in
// one form for all versions. Private keys and passwords are looked at when a Secret
// is added, and what is kept of them is their length and shape.
//
// Rules ask for what follows: which consumers there are (Snapshot.Consumers), which
// Secret they take, which Certificate fills it, by which request, order and
// challenges, and which issuer with which credentials stands behind them.
package chain
