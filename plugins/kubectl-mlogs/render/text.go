package render

import (
	"path"
	"regexp"
	"strconv"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// text renders a message for people or, unchanged, for a pipe.
type text struct {
	terminal  bool
	highlight []*regexp.Regexp
	scratch   []byte
}

func newText(opts Options) *text {
	t := &text{terminal: opts.Terminal}
	if opts.Colour {
		t.highlight = opts.Highlight
	}
	return t
}

func (t *text) append(dst, message []byte, cut int64) []byte {
	if t.terminal && !plain(message) {
		t.scratch = appendSafe(t.scratch[:0], message)
		message = t.scratch
	}
	if len(t.highlight) > 0 {
		dst = appendHighlighted(dst, message, t.highlight)
	} else {
		dst = append(dst, message...)
	}
	if cut > 0 {
		dst = append(dst, "…[+"...)
		dst = strconv.AppendInt(dst, cut, 10)
		dst = append(dst, " bytes]"...)
	}
	return append(dst, '\n')
}

// rawForm is the message alone.
type rawForm struct{ *text }

func (f rawForm) appendLine(dst []byte, _ *record.Origin, l record.Line, message []byte) []byte {
	return f.append(dst, message, l.Cut)
}

// textForm is the prefix, the time where wanted, and the message.
type textForm struct {
	*text
	opts   Options
	clock  *clock
	labels [][]byte // by Origin.ID
}

func newTextForm(opts Options) *textForm {
	return &textForm{text: newText(opts), opts: opts, clock: newClock(opts.Zone, opts.Stamps)}
}

func (f *textForm) appendLine(dst []byte, o *record.Origin, l record.Line, message []byte) []byte {
	dst = append(dst, f.label(o)...)
	if f.opts.Stamps != NoStamps {
		dst = append(f.clock.append(dst, l.Time), ' ')
	}
	return f.append(dst, message, l.Cut)
}

func (f *textForm) label(o *record.Origin) []byte {
	for o.ID >= len(f.labels) {
		f.labels = append(f.labels, nil)
	}
	if f.labels[o.ID] == nil {
		f.labels[o.ID] = f.newLabel(o)
	}
	return f.labels[o.ID]
}

// newLabel is the prefix "[context] [namespace] pod container [file] ": words with a
// blank after each, so that cut and awk can take it apart.
func (f *textForm) newLabel(o *record.Origin) []byte {
	label := []byte{}
	if f.opts.NoPrefix {
		return label
	}
	word := func(s string, colour int) {
		if s == "" { // lines from a named pipe come from no container
			return
		}
		s = string(appendSafe(nil, []byte(s))) // a context may be named anything
		if f.opts.Colour {
			label = appendColoured(label, s, colour)
		} else {
			label = append(label, s...)
		}
		label = append(label, ' ')
	}
	pod := colourOf(o.Context + "/" + o.Namespace + "/" + o.Pod)
	if f.opts.WithContext {
		word(o.Context, colourOf(o.Context))
	}
	if f.opts.WithNamespace {
		word(o.Namespace, colourOf(o.Namespace))
	}
	word(o.Pod, pod)
	word(o.Container, colourOf(o.Container))
	if o.File != "" {
		name := o.File
		if !f.opts.FullPaths {
			name = path.Base(name)
		}
		word(name, colourOf(o.File))
	}
	return label
}
