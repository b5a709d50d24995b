package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// fields is what the outermost level of a JSON object says.
type fields struct {
	raw              []byte
	line             int // how many lines are before it, in the text it is in
	apiVersion, kind string
	items            []span
	hasItems         bool // it has an array of that name, or null
}

// span is a value in a JSON text.
type span struct {
	raw  []byte
	line int // how many lines are before it, in the object it is in
}

// stream reads JSON objects that follow each other, at most one more than so many.
// What comes before an error is returned, too, and how many lines were read.
func stream(text []byte, most int) (objects []fields, lines int, err error) {
	w := walker{text: text, decoder: json.NewDecoder(bytes.NewReader(text))}
	for len(objects) <= most {
		var f fields
		if err = w.object(&f); err != nil {
			break
		}
		objects = append(objects, f)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return objects, w.lineAt(int(w.decoder.InputOffset())), err
}

// walker goes through a JSON text without copying the values that it meets.
type walker struct {
	text    []byte
	decoder *json.Decoder
	line    int // lines before counted
	counted int // offset
}

// lineAt is how many lines are before an offset, which must not be before the last.
func (w *walker) lineAt(offset int) int {
	w.line += bytes.Count(w.text[w.counted:offset], []byte("\n"))
	w.counted = offset
	return w.line
}

// object reads one object; io.EOF when there is no more.
func (w *walker) object(f *fields) error {
	token, err := w.decoder.Token()
	if err != nil {
		return err
	}
	begin := int(w.decoder.InputOffset()) - 1
	f.line = w.lineAt(max(begin, w.counted))
	if token != json.Delim('{') {
		return errors.New("a value that is no object")
	}
	for w.decoder.More() {
		if err := w.field(f); err != nil {
			return inside(err)
		}
	}
	if _, err := w.decoder.Token(); err != nil {
		return inside(err)
	}
	f.raw = w.text[begin:w.decoder.InputOffset()]
	return nil
}

// inside is an error in an object, where the end of the text is one as well.
func inside(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (w *walker) field(f *fields) error {
	name, err := w.decoder.Token()
	if err != nil {
		return err
	}
	rest := bytes.TrimLeft(w.text[w.decoder.InputOffset():], " \t\r\n:")
	if name == "items" && bytes.HasPrefix(rest, []byte("[")) {
		return w.items(f)
	}
	raw, err := w.value()
	if err != nil {
		return err
	}
	switch name {
	case "items":
		f.items, f.hasItems = nil, string(raw) == "null" // as Go's servers write an empty List
	case "kind":
		f.kind = stringOf(raw)
	case "apiVersion":
		f.apiVersion = stringOf(raw)
	}
	return nil
}

func (w *walker) items(f *fields) error {
	f.items, f.hasItems = nil, true
	if _, err := w.decoder.Token(); err != nil {
		return err
	}
	for w.decoder.More() {
		raw, err := w.value()
		if err != nil {
			return err
		}
		if len(f.items) <= maxItems {
			line := w.lineAt(int(w.decoder.InputOffset()) - len(raw))
			f.items = append(f.items, span{raw, line - f.line})
		}
	}
	_, err := w.decoder.Token()
	return err
}

// value reads any value, and returns it as it stands in the text.
func (w *walker) value() ([]byte, error) {
	var n length
	if err := w.decoder.Decode(&n); err != nil {
		return nil, err
	}
	end := int(w.decoder.InputOffset())
	return w.text[end-int(n) : end], nil
}

// length is that of a value, in bytes.
type length int

// UnmarshalJSON implements [json.Unmarshaler].
func (n *length) UnmarshalJSON(raw []byte) error {
	*n = length(len(raw))
	return nil
}

// stringOf is the string that a value is; empty when it is another.
func stringOf(raw []byte) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
