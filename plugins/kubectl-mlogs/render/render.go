// Package render turns log lines into bytes: prefixes and colours for people,
// JSON for programs, filters and highlights for both. Lines are always whole,
// and a terminal never gets control sequences that a log contains.
package render

import (
	"io"
	"regexp"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// Format is an output format of -o.
type Format string

// The output formats.
const (
	Default  Format = "default"
	Raw      Format = "raw"
	JSON     Format = "json"
	ExtJSON  Format = "extjson"
	JSONPath Format = "jsonpath"
)

// Options say how lines are to look.
type Options struct {
	Format Format
	// Template is the expression of JSONPath.
	Template string
	// Stamps puts the time before each message.
	Stamps Stamps
	// Zone is for all times; nil means the local one.
	Zone *time.Location
	// Include keeps only lines that match any; Exclude drops those that match any.
	Include, Exclude []*regexp.Regexp
	// Highlight marks what matches, where Colour is on.
	Highlight []*regexp.Regexp
	// Colour uses SGR colours.
	Colour bool
	// Terminal makes control characters visible instead of passing them on.
	Terminal bool
	// WithContext and WithNamespace add these to the prefix.
	WithContext, WithNamespace bool
	// FullPaths puts a file's path in the prefix instead of its last name.
	FullPaths bool
	// NoPrefix leaves the prefix out.
	NoPrefix bool
}

// writeSize is how many bytes are gathered for one write while more lines are
// at hand.
const writeSize = 128 << 10

// Writer renders lines to an io.Writer; it is a merge.Output. It is not safe
// for concurrent use: one goroutine prints.
type Writer struct {
	to      io.Writer
	filter  filter
	form    form
	buf     []byte
	printed int64
}

// form renders one line.
type form interface {
	appendLine(dst []byte, o *record.Origin, l record.Line, message []byte) []byte
}

// NewWriter returns a Writer. The error is about Options.Template.
func NewWriter(to io.Writer, opts Options) (*Writer, error) {
	form, err := newForm(opts)
	if err != nil {
		return nil, err
	}
	return &Writer{to: to, filter: filter{opts.Include, opts.Exclude}, form: form, buf: make([]byte, 0, writeSize+writeSize/4)}, nil
}

func newForm(opts Options) (form, error) {
	if opts.Zone == nil {
		opts.Zone = time.Local
	}
	switch opts.Format {
	case Raw:
		return rawForm{newText(opts)}, nil
	case JSON, ExtJSON:
		return newJSONForm(opts), nil
	case JSONPath:
		return newPathForm(opts)
	default:
		return newTextForm(opts), nil
	}
}

// Lines renders lines from..to-1 of the batch.
func (w *Writer) Lines(b *record.Batch, from, to int) error {
	for i := from; i < to; i++ {
		message := b.Message(i)
		if !w.filter.wants(message) {
			continue
		}
		w.buf = w.form.appendLine(w.buf, b.Origin, b.Lines[i], message)
		w.printed++
		if len(w.buf) >= writeSize {
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Flush writes what is in the buffer: whole lines only.
func (w *Writer) Flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	_, err := w.to.Write(w.buf)
	if cap(w.buf) > 4*writeSize { // an overlong line made it grow
		w.buf = make([]byte, 0, writeSize+writeSize/4)
	}
	w.buf = w.buf[:0]
	return err
}

// Printed is the number of lines rendered so far.
func (w *Writer) Printed() int64 { return w.printed }

type filter struct{ include, exclude []*regexp.Regexp }

func (f filter) wants(message []byte) bool {
	if len(f.include) > 0 && !matchesAny(f.include, message) {
		return false
	}
	return len(f.exclude) == 0 || !matchesAny(f.exclude, message)
}

func matchesAny(patterns []*regexp.Regexp, message []byte) bool {
	for _, re := range patterns {
		if re.Match(message) {
			return true
		}
	}
	return false
}
