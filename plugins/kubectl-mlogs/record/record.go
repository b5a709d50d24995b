// Package record holds what flows through mlogs: batches of whole log lines
// with their time and origin. A batch is passed on by pointer and has one owner
// at a time; per line nothing is allocated.
package record

import "math"

// Origin says where lines come from. It does not change once made.
type Origin struct {
	// ID numbers the origins of a run from 0, so that what is prepared for each
	// can lie in a slice.
	ID        int
	Context   string
	Namespace string
	Pod       string
	Container string
	Node      string
	// File is the path of a log file in the container; empty for the container's
	// own log.
	File string
}

// Name is namespace/pod/container or namespace/pod/container:file, as notices
// name a source.
func (o *Origin) Name() string {
	name := o.Namespace + "/" + o.Pod + "/" + o.Container
	if o.File != "" {
		name += ":" + o.File
	}
	return name
}

// NoTime is the Line.Time of a line whose time is not known.
const NoTime = math.MinInt64

// Line is one line of a batch.
type Line struct {
	// Time is when the container runtime took the line, in Unix nanoseconds.
	Time int64
	// Start and End delimit the message in Batch.Data, without the newline.
	Start, End int32
	// Cut is how many bytes were left out at the end of an overlong line.
	Cut int64
}

// Batch is a run of whole lines of one origin, in the order of the log.
type Batch struct {
	Origin *Origin
	Data   []byte
	Lines  []Line
}

// Message returns the bytes of line i, valid until the batch is reused.
func (b *Batch) Message(i int) []byte {
	l := b.Lines[i]
	return b.Data[l.Start:l.End]
}
