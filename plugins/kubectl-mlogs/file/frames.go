package file

import (
	"bytes"
	"errors"
	"strings"
)

// longestNote bounds a note, in bytes: a path has 4096 at most.
const longestNote = 16 << 10

var errNoteTooLong = errors.New("what the container sends is not what was asked for")

// frames takes the agent's output apart into notes and the bytes between them.
// It may come cut anywhere.
type frames struct {
	// mark begins a note.
	mark []byte
	// note takes a note's first word and the rest of its line.
	note func(kind, rest string) error
	// data takes bytes; they are not kept.
	data func([]byte) error

	inNote bool
	held   []byte // of a note, or what may be the beginning of a mark
}

func newFrames(mark string, note func(kind, rest string) error, data func([]byte) error) *frames {
	return &frames{mark: []byte(mark + " "), note: note, data: data}
}

func (f *frames) take(p []byte) error {
	for len(p) > 0 {
		var err error
		if f.inNote {
			p, err = f.takeNote(p)
		} else {
			p, err = f.takeData(p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *frames) takeNote(p []byte) (rest []byte, err error) {
	i := bytes.IndexByte(p, '\n')
	if i < 0 {
		f.held = append(f.held, p...)
		if len(f.held) > longestNote {
			return nil, errNoteTooLong
		}
		return nil, nil
	}
	kind, words, _ := strings.Cut(string(append(f.held, p[:i]...)), " ")
	f.held, f.inNote = f.held[:0], false
	return p[i+1:], f.note(kind, words)
}

func (f *frames) takeData(p []byte) (rest []byte, err error) {
	if len(f.held) > 0 {
		p = append(f.held, p...) // rare: the last piece ended like the beginning of a mark
		f.held = nil
	}
	if i := bytes.Index(p, f.mark); i >= 0 {
		f.inNote = true
		return p[i+len(f.mark):], f.emit(p[:i])
	}
	n := f.beginning(p)
	err = f.emit(p[:len(p)-n])
	f.held = append(f.held, p[len(p)-n:]...)
	return nil, err
}

// beginning is how many bytes at the end of p may be the beginning of a mark.
func (f *frames) beginning(p []byte) int {
	for n := min(len(p), len(f.mark)-1); n > 0; n-- {
		if bytes.HasSuffix(p, f.mark[:n]) {
			return n
		}
	}
	return 0
}

func (f *frames) emit(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	return f.data(p)
}
