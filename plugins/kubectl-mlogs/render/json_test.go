package render

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// oddNames is an origin whose words must not break the JSON.
var oddNames = &record.Origin{Context: `gke "a"\b<>&`, Namespace: "shop", Pod: "web-0", Container: "app"}

const oddHead = `{"time":"1970-01-01T00:00:00.000000000Z","context":"gke \"a\"\\b<>&","namespace":"shop","pod":"web-0","container":"app","node":"","message":`

func TestJSON(t *testing.T) {
	for _, test := range []struct{ name, text, plain, extended string }{
		{"text", "hello", `"hello"`, `"hello"`},
		{"empty", "", `""`, `""`},
		{"quotes and backslashes", `a "b" \c`, `"a \"b\" \\c"`, `"a \"b\" \\c"`},
		{"no HTML escapes", "<a> & 'b'", `"<a> & 'b'"`, `"<a> & 'b'"`},
		{"controls", "\t\r\n\x00\x1b", `"\t\r\n\u0000\u001b"`, `"\t\r\n\u0000\u001b"`},
		{"controls that JSON would let pass", "\x7f\u0085\u009b\u202e", `"\u007f\u0085\u009b\u202e"`, `"\u007f\u0085\u009b\u202e"`},
		{"UTF-8 as it is", "grüße 日本 🎉", `"grüße 日本 🎉"`, `"grüße 日本 🎉"`},
		{"broken UTF-8", "a\xffb\xc3", `"a\ufffdb\ufffd"`, `"a\ufffdb\ufffd"`},
		{"an object", `{"a":1, "b":[true]}`, `"{\"a\":1, \"b\":[true]}"`, `{"a":1, "b":[true]}`},
		{"an object in blanks", ` {"a":1}` + "\r", `" {\"a\":1}\r"`, `{"a":1}`},
		{"a carriage return within an object", "{\r\"a\":1}", `"{\r\"a\":1}"`, `{ "a":1}`},
		{"an empty object", "{}", `"{}"`, "{}"},
		{"large numbers stay", `{"n":12345678901234567890.5e3}`, `"{\"n\":12345678901234567890.5e3}"`, `{"n":12345678901234567890.5e3}`},
		{"not quite an object", `{"a":1`, `"{\"a\":1"`, `"{\"a\":1"`},
		{"two objects", `{}{}`, `"{}{}"`, `"{}{}"`},
		{"an array", `[1]`, `"[1]"`, `"[1]"`},
		{"a number", `200`, `"200"`, `"200"`},
		{"null", `null`, `"null"`, `"null"`},
		{"blanks that JSON has not", "\u00a0{}\v", `"` + "\u00a0" + `{}\u000b"`, `"` + "\u00a0" + `{}\u000b"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			for format, message := range map[Format]string{JSON: test.plain, ExtJSON: test.extended} {
				got := rendered(t, Options{Format: format}, oddNames, line{text: test.text})
				if want := oddHead + message + "}\n"; got != want {
					t.Errorf("%s:\ngot  %s\nwant %s", format, got, want)
				}
				if !json.Valid([]byte(got)) {
					t.Errorf("%s: %s is not JSON", format, got)
				}
			}
		})
	}
}

// An object keeps its meaning when what a terminal must not get is escaped in it.
func TestExtJSONOfHostileObjects(t *testing.T) {
	for _, message := range []string{
		"{\"a\u009b\":\"\u202e\x7f\u0085\"}", "{\"a\":\"\\\\\u009b\"}", "{\"\\u009b\":\"ok\"}", "{\"a\":\"\xff\"}",
	} {
		got := rendered(t, Options{Format: ExtJSON}, web, line{text: message})
		for _, r := range got {
			if r == utf8.RuneError && !strings.Contains(message, "\xff") || r == 0x7f || hidden(r) {
				t.Errorf("%q: got %q with %U", message, got, r)
			}
		}
		var is struct{ Message map[string]string }
		var want map[string]string
		if err := json.Unmarshal([]byte(got), &is); err != nil {
			t.Fatalf("%q: %v", got, err)
		}
		if err := json.Unmarshal([]byte(message), &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(is.Message, want) {
			t.Errorf("got %q, want %q", is.Message, want)
		}
	}
}

func TestJSONTruncated(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"abc", `"abc","truncated":17`},
		{"{}", `"{}","truncated":17`}, // the object is only a part of the line
	} {
		for _, format := range []Format{JSON, ExtJSON} {
			got := rendered(t, Options{Format: format}, oddNames, line{text: test.text, cut: 17})
			if want := oddHead + test.want + "}\n"; got != want {
				t.Errorf("%s:\ngot  %s\nwant %s", format, got, want)
			}
		}
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{"hello", `{"a":[1,"x"]}`, "\xff\xfe{}", "\u00a0{}", "<\u2028\u009b>", " {\"\x7f\":\"\u202e\"} ", `{"a":1,"a":2}`} {
		f.Add([]byte(s), int64(0), false)
		f.Add([]byte(s), int64(3), true)
	}
	f.Fuzz(func(t *testing.T, message []byte, cut int64, extended bool) {
		format := JSON
		if extended {
			format = ExtJSON
		}
		cut = max(cut, 0)
		form, err := newForm(Options{Format: format})
		if err != nil {
			t.Fatal(err)
		}
		got := form.appendLine(nil, web, record.Line{Time: noon, Cut: cut}, message)
		if !utf8.Valid(got) || bytes.IndexByte(got, '\n') != len(got)-1 {
			t.Fatalf("%q is not one line of UTF-8", got)
		}
		var object struct {
			Pod       string
			Message   any
			Truncated int64
		}
		if err := json.Unmarshal(got, &object); err != nil {
			t.Fatalf("%q: %v", got, err)
		}
		if object.Truncated != cut || object.Pod != web.Pod {
			t.Errorf("truncated %d of pod %q, want %d of %q", object.Truncated, object.Pod, cut, web.Pod)
		}
		// Each byte that is not UTF-8 becomes U+FFFD, as with encoding/json itself.
		var want any = string([]rune(string(message)))
		var inner map[string]any
		if extended && cut == 0 && json.Unmarshal(message, &inner) == nil && inner != nil {
			want = inner
		}
		if !reflect.DeepEqual(object.Message, want) {
			t.Errorf("message = %#v, want %#v", object.Message, want)
		}
	})
}
