// Package replace has one node's machine replaced by another, gracefully: intent,
// cordon, drain, the machine's end, the Node object's end, another machine that is
// Ready. Each step is written down before it begins (package ledger), so that another
// run can go on from any of them.
//
// The machine goes before the Node object: should the run end between the two, a
// NotReady Node is left, which cloud controllers clean up, and not a machine that no
// Node tells of.
package replace
