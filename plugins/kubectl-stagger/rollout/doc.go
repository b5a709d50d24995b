// Package rollout carries plans out in time: it keeps a plan on the nodes, waits for
// each step's moment, has the node replaced, goes on with what an earlier run began,
// and plans anew when the pool has changed.
package rollout
