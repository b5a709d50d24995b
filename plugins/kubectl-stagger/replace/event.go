package replace

import (
	"fmt"
	"time"
)

// Kind says what an Event tells.
type Kind string

// The kinds of Event, in the order in which they come.
const (
	Cordoned   Kind = "cordoned"
	Drained    Kind = "drained"
	Uncordoned Kind = "uncordoned" // after a failure: it is as it was found
	Died       Kind = "died"       // by itself, before its turn
	Accepted   Kind = "accepted"   // its machine is being replaced; Text says by whom
	Noticed    Kind = "noticed"    // it went another way than usual; Text is a sentence
	Removed    Kind = "removed"    // its Node object is deleted
	Waiting    Kind = "waiting"    // for its successor
	Scaled     Kind = "scaled"     // away: the group does not mean to have it any more
	Troubled   Kind = "troubled"   // the cloud does not bring it, for now; Text says why
	Replaced   Kind = "replaced"
)

// Event is progress of one replacement.
type Event struct {
	Kind Kind
	Node string
	Text string
	// Successor is the node that came, empty where none has to.
	Successor string
	Took      time.Duration // from the cordon, of Replaced
}

func (r *Replacer) report(e Event) {
	if r.Report != nil {
		r.Report(e)
	}
}

// LeftError says that a node was left as it was found.
type LeftError struct {
	Node string
	Err  error
	// Moot is whether there is nothing to be done for the node any more: it has gone, or
	// has another machine already.
	Moot bool
}

func (e *LeftError) Error() string {
	return fmt.Sprintf("node %s was not replaced, and is as it was found: %v", e.Node, e.Err)
}

// Unwrap returns why.
func (e *LeftError) Unwrap() error { return e.Err }

// MissingError says that no other machine came.
type MissingError struct {
	Node  string
	After time.Duration
	Last  error // what the API said last, nil where it answered
}

func (e *MissingError) Error() string {
	text := fmt.Sprintf("node %s: its machine is gone, and no other one was Ready after %v: look for quota, capacity of the zone, and the instance group's errors. It is not waited for any more", e.Node, e.After)
	if e.Last != nil {
		text += fmt.Sprintf("; the API said: %v", e.Last)
	}
	return text
}

// Unwrap returns what the API said last.
func (e *MissingError) Unwrap() error { return e.Last }
