package material

import (
	"bytes"
	"crypto/sha256"
	"encoding/pem"
	"unicode/utf8"
)

// Parse says what is in the data of a Secret or in a file. It never fails: what
// is wrong is in the bundle. Whatever encoding/pem finds in the data is a
// readable block, with the same bytes; what lies between is searched for the
// remains of others.
func Parse(data []byte, expect Expect) *Bundle {
	p := &parser{data: data, bundle: &Bundle{Form: FormPEM, Size: len(data)}, expect: expect}
	if len(data) > MaxBytes {
		p.data = data[:MaxBytes]
	}
	p.armour()
	if len(p.bundle.Blocks) == 0 {
		p.bundle = parseOther(p.data, expect)
		p.bundle.Size = len(data)
	} else {
		p.outside()
	}
	if len(data) > MaxBytes {
		p.bundle.Problems = append(p.bundle.Problems, p.problem(TooLarge, MaxBytes, len(data)-MaxBytes))
	}
	return p.bundle
}

// parser reads one input from front to back.
type parser struct {
	data   []byte
	bundle *Bundle
	expect Expect
	lines  lines
	// spans are the texts outside blocks.
	spans []span
	// seen has the hash of each block's content and its index.
	seen map[[sha256.Size]byte]int
	// full says that MaxBlocks is reached.
	full bool
}

// span is text outside of blocks, behind the first n of them.
type span struct{ from, to, n int }

// armour finds the blocks.
func (p *parser) armour() {
	at := 0
	for !p.full {
		found, rest := pem.Decode(p.data[at:])
		if found == nil {
			break
		}
		end := len(p.data) - len(rest)
		begin := at + beginOf(p.data[at:end])
		p.gap(at, begin)
		b := Block{Label: cleanLabel(found.Type), Offset: begin, End: end, Readable: true, Headers: len(found.Headers) > 0}
		p.add(b, found.Type, found.Bytes, isEncrypted(found.Headers))
		at = end
	}
	p.gap(at, len(p.data))
}

// beginOf returns where the block that ends a text begins: encoding/pem takes
// the last BEGIN in front of the END.
func beginOf(text []byte) int {
	end := bytes.LastIndex(text, []byte("\n-----END "))
	return max(0, bytes.LastIndex(text[:max(0, end)], []byte("-----BEGIN ")))
}

// isEncrypted says whether the headers are those of an encrypted key of
// OpenSSL's traditional form (RFC 1421, 4.6.1.3).
func isEncrypted(headers map[string]string) bool {
	_, ok := headers["DEK-Info"]
	return ok
}

// add appends a block whose content is der; label is what it says of itself.
func (p *parser) add(b Block, label string, der []byte, encrypted bool) {
	if p.full {
		return
	}
	if len(p.bundle.Blocks) == MaxBlocks {
		p.full = true
		p.bundle.Problems = append(p.bundle.Problems, p.problem(TooLarge, b.Offset, len(p.data)-b.Offset))
		return
	}
	if !b.Has(NotPEM) {
		b.Line = p.lines.at(p.data, b.Offset)
	}
	b.DuplicateOf = -1
	at := func(code Code) { b.Problems = append(b.Problems, Problem{Code: code, Offset: b.Offset, Line: b.Line}) }
	fillContent(&b, label, der, encrypted, at)
	if p.expect == Certificates && b.Kind == KindKey || p.expect == PrivateKey && b.Kind == KindCertificate {
		at(Misplaced)
	}
	if len(der) > 0 {
		p.repeated(&b, der, at)
	}
	p.bundle.Blocks = append(p.bundle.Blocks, b)
}

func (p *parser) repeated(b *Block, der []byte, at func(Code)) {
	if p.seen == nil {
		p.seen = map[[sha256.Size]byte]int{}
	}
	sum := sha256.Sum256(der)
	if first, ok := p.seen[sum]; ok {
		b.DuplicateOf = first
		at(Repeated)
		return
	}
	p.seen[sum] = len(p.bundle.Blocks)
}

// problem returns a problem with its line.
func (p *parser) problem(code Code, offset, length int) Problem {
	return Problem{Code: code, Offset: offset, Line: p.lines.at(p.data, min(offset, len(p.data))), Length: length}
}

// outside notes the problems of the whole input and of the text between blocks.
func (p *parser) outside() {
	note := func(code Code, offset, length int) {
		p.bundle.Problems = append(p.bundle.Problems, p.problem(code, offset, length))
	}
	if bytes.HasPrefix(p.data, utf8Mark) {
		note(ByteOrderMark, 0, len(utf8Mark))
	}
	if i := bytes.Index(p.data, []byte("\r\n")); i >= 0 {
		note(CarriageReturns, i, 0)
	}
	for _, s := range p.spans {
		code := GarbageBetween
		switch s.n {
		case 0:
			code = GarbageBefore
		case len(p.bundle.Blocks):
			code = GarbageAfter
		}
		note(code, s.from, s.to-s.from)
		if i := notText(p.data[s.from:s.to]); i >= 0 {
			note(NotText, s.from+i, 0)
		}
	}
}

var utf8Mark = []byte("\xef\xbb\xbf")

// notText returns the index of the first byte that no text has, or -1.
func notText(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		control := r < ' ' && r != '\t' && r != '\n' && r != '\r'
		if control || r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// lines counts lines. It remembers the last answer: a question costs the
// distance from there.
type lines struct{ offset, line int }

// at returns the line of an offset, from 1.
func (l *lines) at(data []byte, offset int) int {
	if offset >= l.offset {
		l.line += bytes.Count(data[l.offset:offset], []byte("\n"))
	} else {
		l.line -= bytes.Count(data[offset:l.offset], []byte("\n"))
	}
	l.offset = offset
	return l.line + 1
}
