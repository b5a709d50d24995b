package material

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
)

// gap looks for broken blocks in data[from:to], where encoding/pem finds none.
func (p *parser) gap(from, to int) {
	var open *boundary
	end := from // behind the last thing that was told
	find := boundaries{data: p.data, at: from, to: to}
	for b := find.next(); b != nil && !p.full; b = find.next() {
		switch {
		case b.begin && open != nil:
			p.broken(open, nil, b.start)
		case b.begin:
			p.text(end, b.start)
		case open != nil:
			p.broken(open, b, b.end)
		default:
			p.stray(end, b)
		}
		end = b.end
		if open = nil; b.begin {
			open = b
		}
	}
	switch {
	case p.full:
	case open != nil:
		p.broken(open, nil, to)
	default:
		p.text(end, to)
	}
}

// text notes what lies outside blocks, if it is more than white space.
func (p *parser) text(from, to int) {
	if from == 0 && bytes.HasPrefix(p.data[:to], utf8Mark) {
		from = len(utf8Mark) // has a problem of its own
	}
	from = to - len(trimLeft(p.data[from:to]))
	to = from + len(bytes.TrimRight(p.data[from:to], whiteSpace))
	if from < to {
		p.spans = append(p.spans, span{from, to, len(p.bundle.Blocks)})
	}
}

const whiteSpace = " \t\r\n"

// trimLeft cuts off white space, and newlines that are written as \n.
func trimLeft(text []byte) []byte {
	for {
		text = bytes.TrimLeft(text, whiteSpace)
		rest, escaped := bytes.CutPrefix(text, []byte(`\n`))
		if !escaped {
			return text
		}
		text = rest
	}
}

// stray notes an END without BEGIN, and what is in front of it.
func (p *parser) stray(from int, b *boundary) {
	from = b.start - len(bytes.TrimLeft(p.data[from:b.start], whiteSpace))
	p.bundle.Problems = append(p.bundle.Problems, p.problem(BeginMissing, from, b.end-from))
}

// broken adds a block that encoding/pem does not find; last is nil if it has no END.
func (p *parser) broken(first, last *boundary, end int) {
	b := Block{Label: cleanLabel(first.label), Offset: first.start, End: end}
	line := p.lines.at(p.data, b.Offset)
	note := func(code Code) {
		if !b.Has(code) {
			b.Problems = append(b.Problems, Problem{Code: code, Offset: b.Offset, Line: line})
		}
	}
	body := p.data[first.end:end]
	edges := []*boundary{first}
	if last == nil {
		note(EndMissing)
	} else {
		body = p.data[first.end:last.start]
		edges = append(edges, last)
		if first.label != last.label {
			note(LabelMismatch)
		}
	}
	escaped := bytes.Contains(body, []byte(`\n`))
	if escaped {
		note(EscapedNewlines)
	}
	for _, edge := range edges {
		for _, code := range edge.problems(escaped) {
			note(code)
		}
	}
	headers, body := splitHeaders(body)
	b.Headers = len(headers) > 0
	der, err := decodeLoosely(body)
	if err != nil {
		note(BadBase64)
	}
	if len(b.Problems) == 0 {
		note(Unread)
	}
	p.add(b, first.label, der, isEncrypted(headers))
}

// splitHeaders cuts the headers of a block off (RFC 1421): lines with a colon.
func splitHeaders(body []byte) (headers map[string]string, rest []byte) {
	for rest = bytes.TrimLeft(body, whiteSpace); ; {
		line, next, _ := bytes.Cut(rest, []byte("\n"))
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return headers, rest
		}
		if headers == nil {
			headers = map[string]string{}
		}
		headers[string(bytes.TrimSpace(name))] = string(bytes.TrimSpace(value))
		rest = next
	}
}

// decodeLoosely decodes base64 that is broken into lines in any way, by an
// escaped newline too. The error, which quotes nothing, is of the first bad byte.
func decodeLoosely(body []byte) ([]byte, error) {
	clean := make([]byte, 0, len(body))
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case strings.IndexByte(whiteSpace, c) >= 0:
		case c == '\\' && i+1 < len(body) && slices.Contains([]byte("nrt"), body[i+1]):
			i++
		default:
			clean = append(clean, c)
		}
	}
	der := make([]byte, base64.StdEncoding.DecodedLen(len(clean)))
	n, err := base64.StdEncoding.Decode(der, clean)
	if err != nil {
		return nil, err
	}
	return der[:n], nil
}
