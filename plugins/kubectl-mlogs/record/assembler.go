package source

import (
	"bytes"
	"slices"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// assembler cuts a byte stream into batches of whole lines. The bytes of a line
// are copied only when a read ends in the middle of it.
type assembler struct {
	// maxLine is how many bytes of a line are kept.
	maxLine int
	batch   *record.Batch
	// start is where the unfinished line begins in batch.Data.
	start int
	// cut counts the bytes dropped from the end of the unfinished line.
	cut int64
}

// room returns size bytes of free space to read into.
func (a *assembler) room(size int) []byte {
	a.batch.Data = slices.Grow(a.batch.Data, size)
	n := len(a.batch.Data)
	return a.batch.Data[n : n+size]
}

// took is called after n bytes were read into room. each is called for every
// line that is whole now, with its bounds in batch.Data and the number of bytes
// that were cut off its end.
func (a *assembler) took(n int, each func(start, end int, cut int64)) {
	from := len(a.batch.Data)
	d := a.batch.Data[:from+n]
	a.batch.Data = d
	for {
		i := bytes.IndexByte(d[from:], '\n')
		if i < 0 {
			break
		}
		a.line(from+i, each)
		from += i + 1
		a.start = from
	}
	if excess := len(d) - a.start - a.maxLine; excess > 0 {
		a.batch.Data = d[:a.start+a.maxLine]
		a.cut += int64(excess)
	}
}

// line delivers the line that ends before end.
func (a *assembler) line(end int, each func(start, end int, cut int64)) {
	if excess := end - a.start - a.maxLine; excess > 0 {
		end -= excess
		a.cut += int64(excess)
	}
	each(a.start, end, a.cut)
	a.cut = 0
}

// unfinished reports whether the stream ended in the middle of a line.
func (a *assembler) unfinished() bool { return len(a.batch.Data) > a.start || a.cut > 0 }

// finish delivers an unfinished last line as if it were whole.
func (a *assembler) finish(each func(start, end int, cut int64)) {
	if a.unfinished() {
		a.line(len(a.batch.Data), each)
		a.start = len(a.batch.Data)
	}
}

// forget drops the lines so far, none of which was wanted.
func (a *assembler) forget() {
	n := copy(a.batch.Data, a.batch.Data[a.start:])
	a.batch.Data, a.start = a.batch.Data[:n], 0
}

// hand returns the batch and goes on with next, to which the unfinished line
// is carried over.
func (a *assembler) hand(next *record.Batch) *record.Batch {
	full := a.batch
	next.Data = append(next.Data[:0], full.Data[a.start:]...)
	next.Lines = next.Lines[:0]
	full.Data = full.Data[:a.start]
	a.batch, a.start = next, 0
	return full
}
