package material

import "bytes"

// boundary is a BEGIN or END line, or what is meant to be one.
type boundary struct {
	begin      bool
	label      string // as found; it may be anything
	start, end int    // from its first dash to behind its last
	wrong      bool   // not five dashes on each side
	lineStart  bool   // nothing is in front of it on its line
	alone      bool   // only blanks follow on its line
	glued      bool   // another boundary is next to it on its line
}

// problems says what is wrong with a boundary. In a block with escaped newlines
// nothing is on a line of its own.
func (b *boundary) problems(escaped bool) (codes []Code) {
	if b.wrong {
		codes = append(codes, WrongDashes)
	}
	switch {
	case b.glued:
		return append(codes, Glued)
	case escaped:
		return codes
	}
	if !b.lineStart {
		codes = append(codes, NotAtLineStart)
	}
	if !b.alone {
		codes = append(codes, NotAlone)
	}
	return codes
}

// boundaries finds them in data[at:to], from front to back.
type boundaries struct {
	data   []byte
	at, to int
	last   *boundary
	// begin and end are where the next word of each is; they are searched for
	// only when they were passed, so that all is read but once.
	begin, end word
}

// word is the place of the next "-BEGIN " or "-END ".
type word struct {
	known bool
	at    int // -1 is none
}

func (w *word) find(data []byte, text string, from, to int) {
	if w.known && (w.at < 0 || w.at >= from) {
		return
	}
	w.known = true
	if w.at = bytes.Index(data[from:to], []byte(text)); w.at >= 0 {
		w.at += from
	}
}

// next returns nil at the end.
func (f *boundaries) next() *boundary {
	f.begin.find(f.data, "-BEGIN ", f.at, f.to)
	f.end.find(f.data, "-END ", f.at, f.to)
	switch {
	case f.begin.at < 0 && f.end.at < 0:
		return nil
	case f.end.at < 0 || f.begin.at >= 0 && f.begin.at < f.end.at:
		f.last = f.boundary(f.begin.at, len("-BEGIN "), true)
	default:
		f.last = f.boundary(f.end.at, len("-END "), false)
	}
	f.at = f.last.end
	return f.last
}

// boundary reads the one whose word, with the dash in front of it, is at a place.
func (f *boundaries) boundary(at, length int, begin bool) *boundary {
	b := &boundary{begin: begin, start: at}
	for b.start > f.at && f.data[b.start-1] == '-' {
		b.start--
	}
	text := f.data[at+length : min(f.to, at+length+2*maxLabel)]
	stop := bytes.IndexAny(text, "-\n\\")
	if stop < 0 {
		stop = len(text)
	}
	b.label = string(bytes.TrimSpace(text[:stop]))
	b.end = at + length + stop
	dashes := 0
	for b.end+dashes < f.to && f.data[b.end+dashes] == '-' {
		dashes++
	}
	// In -----END A----------BEGIN B----- the last five are of the next.
	after := f.data[b.end+dashes : f.to]
	gluedTo := dashes > 5 && (bytes.HasPrefix(after, []byte("BEGIN ")) || bytes.HasPrefix(after, []byte("END ")))
	if gluedTo {
		dashes -= 5
	}
	b.end += dashes
	b.wrong = at-b.start != 4 || dashes != 5
	f.place(b, gluedTo)
	return b
}

// place says what else is on the boundary's line. No more than a line of
// base64 is looked at.
func (f *boundaries) place(b *boundary, gluedTo bool) {
	b.lineStart = b.start == 0 || f.data[b.start-1] == '\n'
	after := bytes.TrimLeft(f.data[b.end:min(len(f.data), b.end+maxBlanks)], " \t\r")
	b.alone = len(after) == 0 || after[0] == '\n'
	b.glued = gluedTo || !b.begin && bytes.HasPrefix(after, []byte("-----BEGIN "))
	if prev := f.last; prev != nil && !prev.begin && b.begin {
		between := f.data[prev.end:b.start]
		b.glued = b.glued || len(between) <= maxBlanks && len(bytes.Trim(between, " \t\r")) == 0
	}
}

// maxBlanks is how far a line is followed behind its boundary, in bytes.
const maxBlanks = 128
