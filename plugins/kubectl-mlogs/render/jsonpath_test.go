package render

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestJSONPath(t *testing.T) {
	const object = `{"level":"warn","ts":1700000000,"ratio":0.25,"big":9007199254740993,"ok":true,"tags":["a","b"],"user":{"id":12345678}}`
	for _, test := range []struct{ name, template, text, want string }{
		{"fields", "{.context} {.namespace} {.pod} {.container} {.node} {.message}", "hello", "blue shop web-0 app node-1 hello"},
		{"without braces, as kubectl takes it", ".pod", "hello", "web-0"},
		{"text alone around", "pod={.pod}", "hello", "pod=web-0"},
		{"missing keys", "[{.nothing}][{.message.level}]", "hello", "[][]"},
		{"time", "{.time}", "hello", "2024-05-06T14:00:00.0015+02:00"},
		{"an object's member", "{.message.level}", object, "warn"},
		{"a number as it was", "{.message.ts} {.message.user.id} {.message.big} {.message.ratio}", object, "1700000000 12345678 9007199254740993 0.25"},
		{"a bool", "{.message.ok}", object, "true"},
		{"an element", "{.message.tags[1]}", object, "b"},
		{"an object's missing key", "[{.message.nothing.more}]", object, "[]"},
		{"a filter by a number", "{.message.items[?(@.n>1)].name}", `{"items":[{"n":1,"name":"a"},{"n":2,"name":"b"}]}`, "b"},
		{"escapes", `{.pod}{"\t"}{.message}`, "x", "web-0\tx"},
		{"bytes unchanged", "{.message}", "a\x1b[2J\xff", "a\x1b[2J\xff"},
		{"an array is text", "{.message}", "[1,2]", "[1,2]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			opts := Options{Format: JSONPath, Template: test.template, Zone: time.FixedZone("", 7200)}
			if got := one(t, opts, test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestBadJSONPath(t *testing.T) {
	for _, template := range []string{"{.pod", "{.message[}", "{..}}{"} {
		if _, err := NewWriter(&bytes.Buffer{}, Options{Format: JSONPath, Template: template}); err == nil || !strings.Contains(err.Error(), "jsonpath") {
			t.Errorf("template %q: error = %v, want one that names jsonpath", template, err)
		}
	}
}

// A line that a template does not fit says so, and the next one is printed.
func TestJSONPathThatDoesNotFit(t *testing.T) {
	opts := Options{Format: JSONPath, Template: "{.pod}{range .message.items[5]}x{end}"}
	got := rendered(t, opts, web, line{text: `{"items":[]}`}, line{text: `{"items":[1,2,3,4,5,[6]]}`})
	lines := strings.Split(got, "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "<") || strings.HasPrefix(lines[1], "<") {
		t.Errorf("got %q, want an error in brackets and then a line", got)
	}
}
