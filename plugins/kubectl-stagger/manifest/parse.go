package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
)

// What is not read, as it is no manifest of a person's. The API takes no object of
// more than 1.5 MB.
const (
	maxFile      = 64 << 20 // bytes
	maxDocument  = 8 << 20  // bytes
	maxDocuments = 100_000
	maxLists     = 8 // Lists in Lists
)

// Parse adds what a file holds. name is the file's, for people.
func (s *Set) Parse(name string, text []byte) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	for _, d := range split(text) {
		at := Place{name, d.line}
		if s.Documents >= maxDocuments {
			s.problem(at, "This and what follows is not looked at: there are too many documents.", fmt.Sprintf("more than %d", maxDocuments))
			return
		}
		if len(d.text) > maxDocument {
			s.Documents++
			s.problem(at, "The document is too large to be looked at.", fmt.Sprintf("%d bytes, of at most %d", len(d.text), maxDocument))
			continue
		}
		if !s.stream(d, at) {
			s.yaml(d, at)
		}
	}
}

// stream reads a document that is one JSON object after another; false when it is
// not JSON.
func (s *Set) stream(d document, at Place) bool {
	if bytes.TrimSpace(d.text)[0] != '{' {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(d.text))
	var objects []json.RawMessage
	var lines []int
	for line, from := at.Line, 0; ; {
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return false
		}
		begin := int(decoder.InputOffset()) - len(raw)
		line += bytes.Count(d.text[from:begin], []byte("\n"))
		from = begin
		objects, lines = append(objects, raw), append(lines, line)
	}
	for i, raw := range objects {
		s.Documents++
		s.read(raw, Place{at.File, lines[i]}, nil, 0)
	}
	return true
}

func (s *Set) yaml(d document, at Place) {
	s.Documents++
	raw, err := yaml.YAMLToJSON(d.text)
	if err != nil {
		what, guess := "This is no YAML, and nothing of the document is looked at.", d.line
		if before, _, found := bytes.Cut(d.text, []byte("{{")); found {
			guess += bytes.Count(before, []byte("\n"))
			what = "This is a template of a manifest, not a manifest: it must be rendered first (helm template)."
		}
		s.problem(Place{at.File, d.errorLine(err, guess)}, what, lineOf().ReplaceAllString(err.Error(), ""))
		return
	}
	s.read(raw, at, &d, 0)
}

// read reads an object, or the items of a List, which is in so many Lists. text is
// where it stands, if that is YAML.
func (s *Set) read(raw []byte, at Place, text *document, depth int) {
	if string(raw) == "null" {
		return // as "--- # nothing"
	}
	var h header
	if err := decode(raw, &h); err != nil {
		s.problem(at, "This is no object of Kubernetes.", short(err))
		return
	}
	if !strings.HasSuffix(h.Kind, "List") {
		if err := s.object(raw, &h, at); err != nil {
			s.problem(at, fmt.Sprintf("The API would not take this %s.", h.Kind), short(err))
		}
		return
	}
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := decode(raw, &list); err != nil {
		return // a kind of somebody's own that is named so
	}
	if depth == maxLists {
		s.problem(at, "Lists in Lists are not looked at as deep as this.", "")
		return
	}
	var lines []int
	if text != nil {
		lines = text.itemLines(len(list.Items))
	}
	for i, item := range list.Items {
		place := at
		if lines != nil {
			place.Line = lines[i]
		}
		s.read(item, place, nil, depth+1)
	}
}

func (s *Set) problem(at Place, what, text string) {
	s.Problems = append(s.Problems, Problem{Place: at, What: what, Text: text})
}

// lineOf finds the line that a parser's error names, which is one of the document.
func lineOf() *regexp.Regexp { return regexp.MustCompile(`line (\d+): `) }

// errorLine is the line that a parser's error names, as one of the file; else guess.
func (d *document) errorLine(err error, guess int) int {
	match := lineOf().FindStringSubmatch(err.Error())
	if match == nil {
		return guess
	}
	n, err := strconv.Atoi(match[1])
	if err != nil {
		return guess
	}
	last := bytes.Count(d.text, []byte("\n")) // YAML ends lines at more characters than editors do
	return d.line + min(max(n-1, 0), last)
}

// short is an error's text without the names of our own types.
func short(err error) string {
	text := strings.TrimPrefix(err.Error(), "json: ")
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		text = fmt.Sprintf("%s is a %s", wrong.Field, wrong.Value)
	}
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "…"
	}
	return text
}
