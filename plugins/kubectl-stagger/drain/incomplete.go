package drain

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Incomplete says that a drain began and did not come to its end: its time was over,
// it was called off, or the API refused. Cause tells which, by errors.Is.
type Incomplete struct {
	Node  string
	Cause error
	// Evicted are the pods whose deletion this drain began, those that are gone among
	// them.
	Evicted []Pod
	// Remaining are the pods that are still on the node.
	Remaining []Remaining
}

// Remaining is a pod that a drain has left on the node.
type Remaining struct {
	Pod
	// Going is whether its deletion has begun; then Overdue is for how long it should
	// have been gone, and Finalizers are what keeps it.
	Going      bool
	Overdue    time.Duration
	Finalizers []string
	// Hold is the budget that held it back at the last try.
	Hold *Hold
	// Err is what the API last answered, where that was not a budget.
	Err error
}

func (e *Incomplete) Unwrap() error { return e.Cause }

func (e *Incomplete) Error() string {
	cause := e.Cause.Error()
	switch {
	case errors.Is(e.Cause, context.DeadlineExceeded):
		cause = "the time for it is over"
	case errors.Is(e.Cause, context.Canceled):
		cause = "it was called off"
	}
	lines := []string{fmt.Sprintf("node %s is not drained: %s; %s evicted, %d still there", e.Node, cause, count(len(e.Evicted), "pod"), len(e.Remaining))}
	for i, r := range e.Remaining {
		if i == maxNamed {
			lines = append(lines, fmt.Sprintf("and %d more", len(e.Remaining)-maxNamed))
			break
		}
		lines = append(lines, fmt.Sprintf("%s: %s", r.Pod, r.why()))
	}
	return strings.Join(lines, "\n")
}

func (r Remaining) why() string {
	switch {
	case r.Hold != nil:
		return r.Hold.String()
	case r.Err != nil:
		return r.Err.Error()
	case !r.Going:
		return "not yet evicted"
	case r.Overdue > 0 && len(r.Finalizers) > 0:
		return fmt.Sprintf("deleted, but kept by its finalizers (%s)", strings.Join(r.Finalizers, ", "))
	case r.Overdue > 0:
		return fmt.Sprintf("deleted, but its node has not confirmed it for %s (--skip-wait-for-delete-timeout does not wait for such pods)", r.Overdue.Round(time.Second))
	}
	return "it is ending"
}
