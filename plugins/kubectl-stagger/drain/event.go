package drain

import "time"

// Event is a step of a drain.
type Event struct {
	Kind Kind
	Pod  Pod
	// Hold is the budget that holds the pod back, for Blocked.
	Hold *Hold
	// Err is what went wrong, for Retrying; its pod is empty when the node's pods
	// could not be listed.
	Err error
	// Grace is how long the pod may take to end, for Evicted.
	Grace time.Duration
}

// Kind says what happened.
type Kind string

// The kinds of events. Blocked, Retrying and Terminating are told again only when
// their reason changes.
const (
	Evicting    Kind = "evicting"              // the API is asked for the first time
	Evicted     Kind = "evicted"               // the API has begun to delete the pod
	Blocked     Kind = "blocked"               // a budget does not allow it now; it will be tried again
	Retrying    Kind = "retrying"              // the API failed; it will be tried again
	Terminating Kind = "namespace terminating" // the pod will be deleted with its namespace
	Waiting     Kind = "waiting"               // the pod is being deleted already
	Gone        Kind = "gone"                  // the pod has left the node for good
	Skipped     Kind = "skipped"               // it is not waited for any longer
)
