// Package rules judges a pool of short-lived nodes and what runs on it, and manifests
// before they are applied: facts and the time of now go in, a report comes out. It
// talks to nobody. What could not be looked at is told as skipped and never taken
// for healthy.
package rules
