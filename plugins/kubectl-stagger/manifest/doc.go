// Package manifest reads workloads and disruption budgets from YAML and JSON files,
// before anything is applied. A document that cannot be read is told with its place,
// and the rest is read all the same; objects of other kinds are none of its business.
package manifest
