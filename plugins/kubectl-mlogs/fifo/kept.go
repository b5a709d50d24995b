//go:build unix

package fifo

import (
	"bytes"
	"slices"
)

// kept are the lines that have not been written yet, and those that were but
// may lie unread in the pipe.
type kept struct {
	buf  []byte // begins with a line
	sent int    // how many bytes of buf were written since the reader came
	more int    // how many bytes were added since trim did something
}

// add takes as much of p as one write is for and returns how much that is.
func (k *kept) add(p []byte) int {
	n := oneWrite(p)
	k.buf = append(k.buf, p[:n]...)
	k.more += n
	return n
}

// next is what to write next; nothing when all was written.
func (k *kept) next() []byte {
	rest := k.buf[k.sent:]
	return rest[:oneWrite(rest)]
}

// oneWrite is how many bytes of p to write at once: whole lines that the kernel
// does not tear, or one line that is too long for that.
func oneWrite(p []byte) int {
	if i := bytes.LastIndexByte(p[:min(len(p), pipeBuf)], '\n'); i >= 0 {
		return i + 1
	}
	if i := bytes.IndexByte(p, '\n'); i >= 0 {
		return i + 1
	}
	return len(p)
}

// trim forgets lines that cannot be in a pipe of this capacity any more. It
// waits until there may be many: what stays is looked at and moved.
func (k *kept) trim(capacity int) {
	if k.more <= capacity || k.sent <= capacity {
		return
	}
	k.more = 0
	start := lineStart(k.buf, k.sent-capacity)
	if cap(k.buf) > 8*capacity { // an overlong line made it grow
		k.buf = slices.Clone(k.buf[start:])
	} else {
		k.buf = k.buf[:copy(k.buf, k.buf[start:])]
	}
	k.sent -= start
}

// rewind prepares for the next reader, when the last one has left these bytes
// in the pipe: the line of which it took only a part comes again. Others may
// have written into the pipe, too: what is not ours comes first.
func (k *kept) rewind(unread []byte) {
	at := k.sent // where the unread bytes that are ours begin
	var others [][]byte
	for end := len(unread); end > 0; {
		start := lineStart(unread, end-1)
		piece := unread[start:end]
		end = start
		if at > 0 {
			line := k.buf[lineStart(k.buf, at-1):at]
			// Of the first line, the reader may have taken a part.
			if bytes.Equal(line, piece) || start == 0 && bytes.HasSuffix(line, piece) {
				at -= len(piece)
				continue
			}
		}
		others = append(others, piece)
	}
	slices.Reverse(others)
	foreign := slices.Concat(others...)
	if len(foreign) > 0 && foreign[len(foreign)-1] != '\n' {
		foreign = append(foreign, '\n') // a line of ours comes next
	}
	k.buf = append(foreign, k.buf[lineStart(k.buf, at):]...)
	k.sent = 0
}

// lineStart is where the line begins that goes on at this place.
func lineStart(p []byte, at int) int { return bytes.LastIndexByte(p[:at], '\n') + 1 }
