package manifest

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// key stands for what must not be printed: of letters and digits, so that it can be the
// name of an anchor, too.
const key = "hunter2hunter2"

// TestNothingQuoted: a parser's error quotes what it stumbled over; a problem does not.
func TestNothingQuoted(t *testing.T) {
	for text, want := range map[string]string{
		"password: *" + key:                         "yaml: unknown anchor … referenced",
		"password: &" + key + " [*" + key + "]":     "yaml: anchor … value contains itself",
		"password: !!int " + key:                    "yaml: cannot decode !!str … as a !!int",
		"password: !!int \"`a` " + key + " 'b'\"":   "yaml: cannot decode !!str … as a !!int",
		"data: {? {a: " + key + "} : b}":            "yaml: invalid map key",
		"data: {~: " + key + "}":                    "a key is no text",
		"data:\n  a: \"" + key + "\n  b: c":         "yaml: found unexpected end of stream",
		"data: {a: [" + key + "}":                   "yaml: did not find expected ',' or ']'",
		"metadata: {labels: {a: 4711471147114711}}": "metadata.labels is a number",
		key:                            "a string where an object must be",
		"[" + key + "]":                "an array where an object must be",
		"kind: List\nitems:\n- " + key: "a string where an object must be",
		"kind: List\nitems:\n- kind: Secret\n  data: *" + key:     "yaml: unknown anchor … referenced",
		`{"kind": "A"}{"data": "` + key + "\n":                    "invalid character … in string literal",
		`{"kind": "A"}{"data": "` + key + `", ` + key:             "invalid character … looking for beginning of object key string",
		`{"kind": "A", "metadata": {"name": ["` + key + `"]}}`:    "metadata.name is an array",
		`{"kind": "A", "apiVersion": {"` + key + `": 5}}`:         "apiVersion is an object",
		`{"kind": "A"} "` + key + `"`:                             "a value that is no object",
		"kind: Secret\ndata: !!binary " + key + "\nb: !!binary *": "yaml: did not find expected alphabetic or numeric character",
	} {
		s := parse(text)
		if len(s.Problems) != 1 {
			t.Errorf("%s: %+v", text, s.Problems)
			continue
		}
		if p := s.Problems[0]; strings.Contains(p.Text, "hunter") || p.Text != want {
			t.Errorf("%s\n%+v\nwant %s", text, p, want)
		}
	}
}

// TestDecode: the field of a wrong type is named, what is in it is not.
func TestDecode(t *testing.T) {
	type object struct {
		Spec struct {
			Replicas int               `json:"replicas"`
			Since    time.Time         `json:"since"`
			Data     map[string][]byte `json:"data"`
			Strings  map[string]string `json:"strings"`
		} `json:"spec"`
	}
	for raw, want := range map[string]string{
		`{"spec": {"replicas": "` + key + `"}}`:               "spec.replicas is a string",
		`{"spec": {"replicas": 1.5}}`:                         "spec.replicas is a number",
		`{"spec": {"since": "` + key + `"}}`:                  "parsing time …",
		`{"spec": {"data": {"` + key + `": "` + key + `!"}}}`: "illegal base64 data at input byte 14",
		`{"spec": {"strings": {"a": 4711}}}`:                  "spec.strings is a number",
	} {
		var o object
		if err := Decode([]byte(raw), &o); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", raw, err, want)
		}
	}
	var o object
	if err := Decode([]byte(`{"spec": {"Replicas": 3}}`), &o); err != nil || o.Spec.Replicas != 0 {
		t.Errorf("a name in another case is read: %+v %v", o, err)
	}
	problem := (&Object{Place: Place{"f", 3}, Kind: "Secret"}).Refused(errors.New(strings.Repeat("ä", 300)))
	if problem.Line != 3 || problem.What != "The API would not take this Secret." || problem.Text != strings.Repeat("ä", 200)+"…" {
		t.Errorf("%+v", problem)
	}
}
