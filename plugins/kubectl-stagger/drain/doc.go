// Package drain empties a node of its pods by the rules of kubectl drain. What it
// would do is a plan, and nothing is evicted while anything forbids the plan. A
// disruption budget that holds a pod back is named with its numbers; one that can
// never be met forbids the plan. A pod is known by its UID: one that has been made
// anew under the same name, here or elsewhere, is not followed.
package drain
