package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func parse(text string) *Set {
	s := &Set{}
	s.Parse("f.yaml", []byte(text))
	return s
}

// told is what was read, in short: kind, namespace/name and line of each object, then
// line and sentence of each problem.
func told(s *Set) []string {
	var lines []string
	for _, o := range s.Objects {
		lines = append(lines, fmt.Sprintf("%s %s %s/%s %d", o.APIVersion, o.Kind, o.Namespace, o.Name, o.Line))
	}
	for _, p := range s.Problems {
		lines = append(lines, fmt.Sprintf("%d: %s", p.Line, p.What))
	}
	return lines
}

func expect(t *testing.T, s *Set, want ...string) {
	t.Helper()
	if got := told(s); !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

const secret = `# The key is made by hand.
apiVersion: v1
kind: Secret
metadata: {name: tls, namespace: shop}
data: {tls.crt: YQ==, on: 010}
`

func TestObject(t *testing.T) {
	s := parse("---\n" + secret)
	expect(t, s, "v1 Secret shop/tls 3")
	if s.Documents != 1 || s.Objects[0].File != "f.yaml" {
		t.Errorf("%+v", s)
	}
	// As kubectl reads it: on is a bool, 010 is octal.
	want := `{"apiVersion":"v1","data":{"tls.crt":"YQ==","true":8},"kind":"Secret","metadata":{"name":"tls","namespace":"shop"}}`
	if got := string(s.Objects[0].Raw); got != want {
		t.Errorf("raw\n%s, want\n%s", got, want)
	}
}

// TestNoObject: what has no kind is counted, and says nothing.
func TestNoObject(t *testing.T) {
	for text, documents := range map[string]int{
		"": 0, "\n# only a comment\n": 0, "---\n---\n": 0, "--- # nothing\n": 0, "null\n": 1,
		"replicas: 3\n": 1, "{}{}": 2, `{"kind": ""}`: 1, "apiVersion: v1\nkind: List\nitems: []\n": 1, "kind: PodList\nitems:\n": 1,
	} {
		if s := parse(text); len(s.Objects)+len(s.Problems) != 0 || s.Documents != documents {
			t.Errorf("%q: %+v, want %d documents", text, s, documents)
		}
	}
}

// TestProblems: a document that cannot be read is told with its line, and the others
// are read.
func TestProblems(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		line int
		what string
	}{
		"no YAML":          {"a: b\n---\nfoo: [\nbar\n---\n", 4, "This is no YAML"},
		"a tab":            {"\n\na:\n\tb: c\n---\n", 4, "This is no YAML"},
		"a template":       {"kind: X\nname: {{ .Values.name }}\n---\n", 2, "helm template"},
		"an array":         {"- a\n- b\n---\n", 1, "no object of Kubernetes"},
		"a word":           {"hello\n---\n", 1, "no object of Kubernetes"},
		"a kind of number": {"kind: 1\n---\n", 1, "no object of Kubernetes"},
		"numbers as label": {"kind: Pod\nmetadata: {labels: {a: 1}}\n---\n", 1, "no object of Kubernetes"},
		"cut off JSON":     {`{"apiVersion": "apps/v1", "kind": "Deployment", "spec": {` + "\n---\n", 1, "This is no YAML"},
		"binary":           {"\x00\x01\xff\n---\n", 1, "This is no YAML"},
		"a key of no text": {"~: b\n---\n", 1, "This is no YAML"},
		"a key twice":      {"1: b\n\"1\": c\n---\n", 1, "This is no YAML"},
		"no number":        {"a: .nan\n---\n", 1, "This is no YAML"},
		"too large":        {"a: " + strings.Repeat("x", maxObject) + "\n---\n", 1, "The document is too large"},
		"too large JSON":   {`{"a": "` + strings.Repeat("x", maxObject) + "\"}\n---\n", 1, "The document is too large"},
		"too large a text": {"a: " + strings.Repeat("x", maxPiece) + "\n---\n", 1, "The document is too large"},
	} {
		t.Run(name, func(t *testing.T) {
			s := parse(tc.text + secret)
			if len(s.Objects) != 1 || s.Objects[0].Name != "tls" {
				t.Errorf("the other document is not read: %v", told(s))
			}
			if len(s.Problems) != 1 {
				t.Fatalf("%d problems: %+v", len(s.Problems), s.Problems)
			}
			if p := s.Problems[0]; p.Line != tc.line || !strings.Contains(p.What, tc.what) || p.Text == "" || len(p.Text) > 200 {
				t.Errorf("line %d, want %d: %+v", p.Line, tc.line, p)
			}
		})
	}
}

// TestSplit: what separates documents, and on which line each begins.
func TestSplit(t *testing.T) {
	for text, want := range map[string][]int{
		"a\n":                      {1},
		"---\na\n---\nb\n":         {2, 4},
		"--- # first\na\n--- \nb":  {2, 4},
		"--- {a: b}\n--- {c: d}\n": {1, 2},
		"a\r\n---\r\nb\r\n":        {1, 3},
		"a: ----\n----\nb\n":       {1}, // no separator
		"a: |\n  ---\n  b\n":       {1}, // text
		"\ufeff---\na\n":           {1}, // Parse cuts the mark off
		"a\n---":                   {1},
		"# c\n\n# d\na\n---\n# e":  {4},
	} {
		var got []int
		for d := range split([]byte(text)) {
			got = append(got, d.line)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	expect(t, parse("\ufeff---\n"+secret), "v1 Secret shop/tls 3")
	expect(t, parse(strings.ReplaceAll(secret, "\n", "\r\n")), "v1 Secret shop/tls 2")
}

// TestStream: objects that follow each other, as jq writes them.
func TestStream(t *testing.T) {
	s := parse("{\"apiVersion\": \"v1\",\n\"kind\": \"Pod\"}\n\n{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}\n")
	expect(t, s, "v1 Pod / 1", "v1 Pod / 4")
	if s.Documents != 2 {
		t.Errorf("%d documents", s.Documents)
	}
	expect(t, parse("{apiVersion: v1, kind: Pod}"), "v1 Pod / 1") // YAML in flow style
	expect(t, parse("{\"kind\": \"Pod\"} # of mine"), " Pod / 1") // JSON, but for the comment
	expect(t, parse("kind: A\n...\n# the end\n"), " A / 1")
	expect(t, parse("{kind: A}\n{kind: B}\n"), " A / 1", "1: Something follows the end of this document without a line of ---, and is not looked at.")
	expect(t, parse("{\"kind\": \"Pod\"}\n{\"kind\": \"Job\"}\n{\n\"kind\": \"Po\n"+"---\n"+secret),
		" Pod / 1", " Job / 2", "v1 Secret shop/tls 7", "4: From here on this is no JSON, and is not looked at.")
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one := write("one.yaml", secret)
	write("two.YML", secret)
	write("notes.txt", "no: manifest")
	write("deep/three.json", `{"apiVersion": "v1", "kind": "Pod"}`)
	for _, tc := range []struct {
		names     []string
		recursive bool
		want      string // the files of the objects
	}{
		{[]string{one}, false, "one.yaml"},
		{[]string{dir}, false, "one.yaml two.YML"},
		{[]string{dir}, true, "three.json one.yaml two.YML"},
		{[]string{"-", one}, false, "stdin one.yaml"},
		{nil, false, ""},
	} {
		s, err := Load(tc.names, tc.recursive, strings.NewReader(secret))
		if err != nil {
			t.Errorf("%v: %v", tc.names, err)
			continue
		}
		var files []string
		for _, o := range s.Objects {
			files = append(files, filepath.Base(o.File))
		}
		if got := strings.Join(files, " "); got != tc.want {
			t.Errorf("%v: objects of %s, want %s", tc.names, got, tc.want)
		}
	}
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing.yaml")
	for want, names := range map[string][]string{
		"-f " + missing + ": no such file":           {missing},
		"-f " + empty + ": there is no .yaml":        {empty},
		"-f -: standard input can be read only once": {"-", "-"},
	} {
		if _, err := Load(names, false, strings.NewReader("")); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v: %v, want %q", names, err, want)
		}
	}
}

// TestUnreadable: a file that cannot be read is a problem, and the others are read.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "b.yaml"), []byte(secret), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "a.yaml")); err != nil {
		t.Fatal(err)
	}
	s, err := Load([]string{dir}, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, s, "v1 Secret shop/tls 2", "0: The file cannot be read.")
}
