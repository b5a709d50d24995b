package source

import (
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// EventKind says what happened to a source, apart from its lines.
type EventKind int

// The kinds of Event.
const (
	// Reopened: a stream ended while the container ran on, was opened again,
	// and went on where it had ended.
	Reopened EventKind = iota
	// Gap: lines may be missing between From and To.
	Gap
	// Retrying: the log cannot be read just now (Err); it is being tried again.
	Retrying
	// Recovered: after Retrying, the log can be read again.
	Recovered
	// Refused: the log may not be read at all (Err).
	Refused
	// Failed: the log could not be read (Err), and no more attempts are made.
	Failed
	// NodeMessage: kubelet wrote Text into the log in place of lines.
	NodeMessage
	// Waiting: the file is not there (Text); it is read when it comes.
	Waiting
	// Unreadable: the file cannot be read (Text); it is read when it can be.
	Unreadable
	// Queued: the source waits for one of the --max-log-requests places.
	Queued
)

// Event is something about a source that a user may have to know.
type Event struct {
	Kind   EventKind
	Origin *record.Origin
	// From and To delimit a gap; zero when not known.
	From, To time.Time
	Text     string
	Err      error
}
