// Package manifest reads workloads and disruption budgets from YAML and JSON files,
// before anything is applied. How files become objects is for the shared package of the
// same name; objects of other kinds are none of this one's business.
package manifest
