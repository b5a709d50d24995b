// Package ledger is what a run writes down in the cluster, so that another run can go
// on where it ended: on each node when its machine is to be replaced, and how far a
// replacement has come; in a Lease who is at work, and what outlives its node.
package ledger
