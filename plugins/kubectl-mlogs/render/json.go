package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// jsonForm is one JSON object a line.
type jsonForm struct {
	clock *clock
	// extended puts a message that is itself a JSON object in as one.
	extended bool
	origins  [][]byte // by Origin.ID: the members between time and message
}

func newJSONForm(opts Options) *jsonForm {
	return &jsonForm{clock: newClock(opts.Zone, RFC3339), extended: opts.Format == ExtJSON}
}

func (f *jsonForm) appendLine(dst []byte, o *record.Origin, l record.Line, message []byte) []byte {
	dst = append(dst, '{')
	if l.Time != record.NoTime {
		dst = append(f.clock.append(append(dst, `"time":"`...), l.Time), `",`...)
	}
	dst = append(dst, f.origin(o)...)
	if f.extended && l.Cut == 0 && isObject(message) {
		dst = appendObject(dst, trimJSON(message))
	} else {
		dst = appendString(dst, message)
	}
	if l.Cut > 0 {
		dst = strconv.AppendInt(append(dst, `,"truncated":`...), l.Cut, 10)
	}
	return append(dst, '}', '\n')
}

func (f *jsonForm) origin(o *record.Origin) []byte {
	for o.ID >= len(f.origins) {
		f.origins = append(f.origins, nil)
	}
	if f.origins[o.ID] == nil {
		b := []byte{}
		for _, member := range []struct{ name, value string }{
			{"context", o.Context}, {"namespace", o.Namespace}, {"pod", o.Pod}, {"container", o.Container}, {"node", o.Node}, {"file", o.File},
		} {
			if member.name == "file" && member.value == "" {
				continue // a container's own log
			}
			b = append(appendString(b, []byte(member.name)), ':')
			b = append(appendString(b, []byte(member.value)), ',')
		}
		f.origins[o.ID] = append(b, `"message":`...)
	}
	return f.origins[o.ID]
}

// isObject reports whether a message is a JSON object. Numbers and words are
// not meant: a line "200" is text.
func isObject(message []byte) bool {
	trimmed := trimJSON(message)
	return len(trimmed) > 1 && trimmed[0] == '{' && json.Valid(trimmed)
}

// trimJSON cuts off JSON's white space, of which Unicode has more.
func trimJSON(message []byte) []byte { return bytes.Trim(message, " \t\r\n") }

// appendObject appends a JSON object on one line and harmless to a terminal:
// what is escaped for that can stand only in strings, a carriage return only
// between them.
func appendObject(dst, object []byte) []byte {
	if plain(object) {
		return append(dst, object...)
	}
	for i := 0; i < len(object); {
		r, n := utf8.DecodeRune(object[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(dst, `\ufffd`...)
		case r == 0x7f || hidden(r):
			dst = fmt.Appendf(dst, `\u%04x`, r)
		case r == '\r':
			dst = append(dst, ' ')
		default:
			dst = append(dst, object[i:i+n]...)
		}
		i += n
	}
	return dst
}

// appendString appends s as a JSON string: valid UTF-8, harmless to a terminal,
// and <, > and & as they are, since nobody pastes logs into HTML unescaped.
func appendString(dst, s []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= ' ' && b < 0x7f && b != '"' && b != '\\' {
			i++
			continue
		}
		if b >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(s[i:])
			if (r == utf8.RuneError && n == 1) || hidden(r) {
				dst = fmt.Appendf(append(dst, s[start:i]...), `\u%04x`, r)
				start = i + n
			}
			i += n
			continue
		}
		dst = append(dst, s[start:i]...)
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\t':
			dst = append(dst, `\t`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\n':
			dst = append(dst, `\n`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		}
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}
