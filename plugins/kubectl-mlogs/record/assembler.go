package record

import (
	"bytes"
	"slices"
)

// Assembler cuts a byte stream into batches of whole lines. The bytes of a line
// are copied only when a read ends in the middle of it.
type Assembler struct {
	// MaxLine is how many bytes of a line are kept.
	MaxLine int
	// Batch is being filled.
	Batch *Batch
	// start is where the unfinished line begins in Batch.Data.
	start int
	// cut counts the bytes dropped from the end of the unfinished line.
	cut int64
}

// Room returns size bytes of free space to read into.
func (a *Assembler) Room(size int) []byte {
	a.Batch.Data = slices.Grow(a.Batch.Data, size)
	n := len(a.Batch.Data)
	return a.Batch.Data[n : n+size]
}

// Took is called after n bytes were read into room. each is called for every
// line that is whole now, with its bounds in Batch.Data and the number of bytes
// that were cut off its end.
func (a *Assembler) Took(n int, each func(start, end int, cut int64)) {
	from := len(a.Batch.Data)
	d := a.Batch.Data[:from+n]
	a.Batch.Data = d
	for {
		i := bytes.IndexByte(d[from:], '\n')
		if i < 0 {
			break
		}
		a.line(from+i, each)
		from += i + 1
		a.start = from
	}
	if excess := len(d) - a.start - a.MaxLine; excess > 0 {
		a.Batch.Data = d[:a.start+a.MaxLine]
		a.cut += int64(excess)
	}
}

// line delivers the line that ends before end.
func (a *Assembler) line(end int, each func(start, end int, cut int64)) {
	if excess := end - a.start - a.MaxLine; excess > 0 {
		end -= excess
		a.cut += int64(excess)
	}
	each(a.start, end, a.cut)
	a.cut = 0
}

// Unfinished reports whether the stream ended in the middle of a line.
func (a *Assembler) Unfinished() bool { return len(a.Batch.Data) > a.start || a.cut > 0 }

// Finish delivers an unfinished last line as if it were whole.
func (a *Assembler) Finish(each func(start, end int, cut int64)) {
	if a.Unfinished() {
		a.line(len(a.Batch.Data), each)
		a.start = len(a.Batch.Data)
	}
}

// Forget drops the lines so far, none of which was wanted.
func (a *Assembler) Forget() {
	n := copy(a.Batch.Data, a.Batch.Data[a.start:])
	a.Batch.Data, a.start = a.Batch.Data[:n], 0
}

// Hand returns the batch and goes on with next, to which the unfinished line
// is carried over.
func (a *Assembler) Hand(next *Batch) *Batch {
	full := a.Batch
	next.Data = append(next.Data[:0], full.Data[a.start:]...)
	next.Lines = next.Lines[:0]
	full.Data = full.Data[:a.start]
	a.Batch, a.start = next, 0
	return full
}
