package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

var seeds = []string{
	secret, "---\n", "{}{}", "{\"kind\":\"List\",\"items\":[null,1,{}]}", "a: [", "\x00", "kind: List\nitems:\n- a\n - b\n", "&a [*a]",
	"%YAML 9", "? a\n: b", "kind: List\nitems:\n- kind: A\n- kind: B\nmetadata: {}\n", "...", "--- --- ---", "kind: BList\nitems:\n  -\n    &a {c: d}\n  - *a\n",
	"a: *" + key, "{a: !!int " + key + "}", "{~: " + key + "}", "{\"kind\":\"A\"}{" + key, "kind: List\nitems:\n- {? [" + key + "] : b}\n",
	"\r\r{{", "kind: A\n...\nkind: B", "a: &a b\nc: {<<: {d: e}, 1: .inf, 1.5: 2001-01-01, yes: 0o7, ~: 07}",
}

// FuzzParse: whatever the bytes, nothing panics, lines are of the file, objects are
// JSON, problems quote nothing, and a document that is put behind is read as well.
func FuzzParse(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		s := parse(text)
		for _, o := range s.Objects {
			if o.Line < 1 || o.Line > lines {
				t.Errorf("line %d of %d", o.Line, lines)
			}
			if o.Kind == "" || !json.Valid(o.Raw) {
				t.Errorf("%+v", o)
			}
		}
		for _, p := range s.Problems {
			if p.Line < 1 || p.Line > lines {
				t.Errorf("line %d of %d", p.Line, lines)
			}
			if p.What == "" || strings.Contains(p.Text, key) {
				t.Errorf("%+v", p)
			}
		}
		if all := parse(text + "\n---\n" + secret); len(all.Objects) != len(s.Objects)+1 {
			t.Errorf("a document behind is not read: %+v", all.Problems)
		}
	})
}

// FuzzYAML: YAML is read as kubectl reads it.
func FuzzYAML(f *testing.F) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		theirs, err := yaml.YAMLToJSON([]byte(text))
		var s Set
		tree, _, wrong := s.parse([]byte(text))
		if wrong != nil || err != nil {
			return
		}
		ours, err := s.encode(tree, len(text))
		if errors.Is(err, errAmbiguous) {
			return
		}
		if err != nil {
			t.Fatalf("%v, but kubectl reads %s", err, theirs)
		}
		if got, want := indented(t, ours), indented(t, theirs); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	})
}

// indented is JSON in one form.
func indented(t *testing.T, raw []byte) string {
	var v any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		t.Fatal(err)
	}
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
