// Package fifo is a named pipe as an interface for shell scripts. Either mlogs
// reads what other programs write into the pipe (Pipe.Listen), or it writes
// lines for other programs to read (Pipe.Writer): readers and writers may come
// and go, and no line is lost, torn or told twice.
//
// What the kernel does not offer, this package cannot either. Programs that
// read from one pipe at the same time share its bytes, wherever these are cut.
// A reader that comes right after another has left within a line, before the
// Writer has noticed, goes on within that line. Noticing takes less than a
// millisecond as a rule and some on a busy machine with Linux; 10 ms elsewhere,
// where a leaving is not told but must be looked for. And what a program has
// read ahead and not used, as `head -n 1` does, it has taken.
package fifo

import "errors"

// Policy says what a Writer does when its reader leaves.
type Policy string

// The policies.
const (
	// Wait keeps what the reader has not taken for the next one.
	Wait Policy = "wait"
	// Stop ends the writing, with ErrReaderGone.
	Stop Policy = "stop"
)

// ErrReaderGone is the error of a Writer with the policy Stop whose reader has
// left.
var ErrReaderGone = errors.New("the reader of the named pipe has left")
