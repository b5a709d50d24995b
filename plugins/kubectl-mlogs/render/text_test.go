package render

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

func TestFormats(t *testing.T) {
	for _, test := range []struct {
		name string
		opts Options
		want string
	}{
		{"default", Options{Format: Default}, "web-0 app hello"},
		{"no format", Options{}, "web-0 app hello"},
		{"namespace", Options{Format: Default, WithNamespace: true}, "shop web-0 app hello"},
		{"context and namespace", Options{Format: Default, WithContext: true, WithNamespace: true}, "blue shop web-0 app hello"},
		{"no prefix", Options{Format: Default, WithContext: true, WithNamespace: true, NoPrefix: true}, "hello"},
		{"time", Options{Format: Default, Stamps: RFC3339}, "web-0 app 2024-05-06T12:00:00.001500000Z hello"},
		{"short time", Options{Format: Default, Stamps: Short}, "web-0 app 12:00:00.001 hello"},
		{"time alone", Options{Format: Default, Stamps: Short, NoPrefix: true}, "12:00:00.001 hello"},
		{"raw", Options{Format: Raw, Stamps: RFC3339, WithNamespace: true, Colour: true}, "hello"},
		{"json", Options{Format: JSON}, `{"time":"2024-05-06T12:00:00.001500000Z","context":"blue","namespace":"shop","pod":"web-0","container":"app","node":"node-1","message":"hello"}`},
		{"extjson of text", Options{Format: ExtJSON}, `{"time":"2024-05-06T12:00:00.001500000Z","context":"blue","namespace":"shop","pod":"web-0","container":"app","node":"node-1","message":"hello"}`},
		{"jsonpath", Options{Format: JSONPath, Template: "{.namespace}/{.pod}: {.message}"}, "shop/web-0: hello"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := one(t, test.opts, "hello"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestUnknownTime(t *testing.T) {
	lines := []line{{text: "x", time: record.NoTime}}
	for format, want := range map[Format]string{
		Default: "web-0 app - x\n",
		Raw:     "x\n",
		JSON:    `{"context":"blue","namespace":"shop","pod":"web-0","container":"app","node":"node-1","message":"x"}` + "\n",
	} {
		if got := rendered(t, Options{Format: format, Stamps: RFC3339}, web, lines...); got != want {
			t.Errorf("%s: got %q, want %q", format, got, want)
		}
	}
	if got := rendered(t, Options{Format: JSONPath, Template: "[{.time}]"}, web, lines...); got != "[]\n" {
		t.Errorf("jsonpath: got %q, want an empty time", got)
	}
}

func TestCutMark(t *testing.T) {
	cut := []line{{text: "abc", time: noon, cut: 1234}, {text: "next", time: noon}}
	for _, test := range []struct {
		name string
		opts Options
		want string
	}{
		{"default", Options{}, "web-0 app abc…[+1234 bytes]\nweb-0 app next\n"},
		{"raw", Options{Format: Raw}, "abc…[+1234 bytes]\nnext\n"},
	} {
		if got := rendered(t, test.opts, web, cut...); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// Each origin has its own label, also when their numbers come in any order.
func TestLabelsByOrigin(t *testing.T) {
	var out strings.Builder
	w, err := NewWriter(&out, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var want string
	for _, id := range []int{7, 0, 3, 7, 0} {
		o := &record.Origin{ID: id, Pod: fmt.Sprintf("pod-%d", id), Container: "c"}
		if err := w.Lines(newBatch(o, line{text: "x", time: noon}), 0, 1); err != nil {
			t.Fatal(err)
		}
		want += fmt.Sprintf("pod-%d c x\n", id)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

var sequence = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Colours add sequences around words, and nothing else; each one is ended.
func TestColouredLabels(t *testing.T) {
	opts := Options{WithContext: true, WithNamespace: true}
	plain := one(t, opts, "hello")
	opts.Colour = true
	coloured := one(t, opts, "hello")
	if got := sequence.ReplaceAllString(coloured, ""); got != plain {
		t.Errorf("without its colours the line is %q, want %q", got, plain)
	}
	if on, off := strings.Count(coloured, "\x1b[38;5;"), strings.Count(coloured, "\x1b[39m"); on != 4 || off != 4 {
		t.Errorf("%q: %d words are coloured and %d ended, want 4", coloured, on, off)
	}
	if !strings.HasSuffix(coloured, "\x1b[39m hello") {
		t.Errorf("%q: the message is coloured, too", coloured)
	}
}

func TestColours(t *testing.T) {
	used := map[int]int{}
	for i := range 1000 {
		name := fmt.Sprintf("shop/web-%d", i)
		c := colourOf(name)
		if c != colourOf(name) {
			t.Fatalf("the colour of %s is not stable", name)
		}
		used[c]++
	}
	if len(used) != len(palette()) {
		t.Errorf("%d colours are used of %d", len(used), len(palette()))
	}
	// The colour of a name must be the same in every run and release: 32-bit
	// FNV-1a of "a" is 0xe40c292c (its authors' test vectors), so entry 12.
	if got, want := colourOf("a"), palette()[0xe40c292c%16]; got != want {
		t.Errorf("the colour of a is %d, want %d", got, want)
	}
	// The pod's colour tells pods of one name in two namespaces apart.
	label := func(namespace string) string {
		o := *web
		o.Namespace = namespace
		return rendered(t, Options{Colour: true}, &o, line{text: "x", time: noon})
	}
	different := false
	for _, namespace := range []string{"a", "b", "c", "d", "e", "f"} {
		different = different || label(namespace) != label("shop")
	}
	if !different {
		t.Error("pods of one name have one colour in all namespaces")
	}
}

func TestIncludeExclude(t *testing.T) {
	lines := []line{{text: "GET /a 200"}, {text: "GET /b 500"}, {text: "PUT /a 500"}, {text: ""}}
	for _, test := range []struct {
		name             string
		include, exclude []string
		want             string
	}{
		{"all", nil, nil, "GET /a 200\nGET /b 500\nPUT /a 500\n\n"},
		{"include", []string{"500"}, nil, "GET /b 500\nPUT /a 500\n"},
		{"include any", []string{"PUT", "200$"}, nil, "GET /a 200\nPUT /a 500\n"},
		{"exclude", nil, []string{"GET"}, "PUT /a 500\n\n"},
		{"exclude any", nil, []string{"GET", "PUT"}, "\n"},
		{"exclude wins", []string{"/a"}, []string{"500"}, "GET /a 200\n"},
		{"none", []string{"DELETE"}, nil, ""},
		{"the empty line", []string{"^$"}, nil, "\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			opts := Options{Format: Raw, Include: regexps(test.include...), Exclude: regexps(test.exclude...)}
			if got := rendered(t, opts, web, lines...); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestHighlight(t *testing.T) {
	on, off := "\x1b[7m", "\x1b[27m"
	for _, test := range []struct {
		name, text string
		patterns   []string
		want       string
	}{
		{"none", "abc", []string{"x"}, "abc"},
		{"one", "abc", []string{"b"}, "a" + on + "b" + off + "c"},
		{"several matches", "abab", []string{"a"}, on + "a" + off + "b" + on + "a" + off + "b"},
		{"all", "abc", []string{".*"}, on + "abc" + off},
		{"empty matches", "abc", []string{"x*"}, "abc"},
		{"overlapping", "abcdef", []string{"bcd", "de"}, "a" + on + "bcde" + off + "f"},
		{"one within the other", "abcdef", []string{"c", "bcde"}, "a" + on + "bcde" + off + "f"},
		{"the same twice", "abc", []string{"b", "b"}, "a" + on + "b" + off + "c"},
		{"neighbours are joined", "abcd", []string{"b", "c"}, "a" + on + "bc" + off + "d"},
		{"later pattern, earlier match", "abcd", []string{"d", "a"}, on + "a" + off + "bc" + on + "d" + off},
		{"nothing to match", "", []string{"a", "x*"}, ""},
		{"whole runes", "aöb", []string{"ö"}, "a" + on + "ö" + off + "b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			opts := Options{Format: Raw, Colour: true, Highlight: regexps(test.patterns...)}
			if got := one(t, opts, test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			opts.Colour = false
			if got := one(t, opts, test.text); got != test.text {
				t.Errorf("without colours: %q, want %q", got, test.text)
			}
		})
	}
}

func FuzzHighlight(f *testing.F) {
	f.Add([]byte("abcabc"), uint8(1), uint8(3))
	f.Add([]byte("aaaa"), uint8(0), uint8(0))
	patterns := []string{"a", "ab", "b+", "[^b]", "", "c$", "^.", "aa"}
	f.Fuzz(func(t *testing.T, message []byte, first, next uint8) {
		two := regexps(patterns[int(first)%len(patterns)], patterns[int(next)%len(patterns)])
		marked := make([]bool, len(message))
		for _, re := range two {
			for _, m := range re.FindAllIndex(message, -1) {
				for i := m[0]; i < m[1]; i++ {
					marked[i] = true
				}
			}
		}
		var want []byte
		for i, b := range message {
			if marked[i] && (i == 0 || !marked[i-1]) {
				want = append(want, "\x1b[7m"...)
			}
			want = append(want, b)
			if marked[i] && (i == len(message)-1 || !marked[i+1]) {
				want = append(want, "\x1b[27m"...)
			}
		}
		if got := appendHighlighted(nil, message, two); string(got) != string(want) {
			t.Errorf("%v in %q: got %q, want %q", two, message, got, want)
		}
	})
}
