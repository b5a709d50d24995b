// Package pool says what is known of a group of nodes that die of age: each node's
// machine, its start and how that is known, and what runs on it; the workloads, the
// disruption budgets, and the rest of the cluster that could take the pods. Package
// spread plans with it, the rules judge it, status shows it.
package pool
