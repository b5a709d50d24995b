package manifest

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v2"
)

// yaml reads a document of YAML.
func (s *Set) yaml(d document, at Place) {
	s.Documents++
	l := d.list()
	if l != nil && s.listed(l, d, at.File) {
		return
	}
	if len(d.text) > maxPiece {
		s.problem(at, "The document is too large to be looked at.", tooLarge(len(d.text), maxPiece))
		return
	}
	tree, more, err := s.parse(d.text)
	var raw []byte
	if err == nil {
		raw, err = s.encode(tree, len(d.text))
	}
	if err != nil {
		s.noYAML(d, at, err, "nothing of the document is looked at.")
		return
	}
	var lines []int
	if l != nil {
		lines = l.lines()
	}
	s.value(raw, at, lines, typeMeta{}, 0)
	if more {
		s.problem(at, "Something follows the end of this document without a line of ---, and is not looked at.", "")
	}
}

// listed reads the items of a List one by one; false when the List is to be read as a
// whole: an item cannot be read alone but together with the others (it uses an anchor
// of theirs), or this is no List at all.
func (s *Set) listed(l *list, d document, file string) bool {
	of, ok := s.frame(l)
	if !ok {
		return false
	}
	items := make([][]byte, len(l.items))
	wrong := make([]error, len(l.items))
	first := true
	for i, item := range l.items {
		if len(item.text) > maxObject {
			continue
		}
		if items[i], wrong[i] = s.convertItem(item.text); wrong[i] != nil && first {
			if s.isYAML(d) {
				return false
			}
			first = false
		}
	}
	for i, item := range l.items {
		place := Place{file, item.line}
		switch {
		case wrong[i] != nil:
			s.noYAML(item, place, wrong[i], "this item of the List is not looked at.")
		case items[i] == nil:
			s.problem(place, "This item of the List is too large to be looked at.", tooLarge(len(item.text), maxObject))
		case !s.item(items[i], place, of, 1):
			return true
		}
	}
	return true
}

// frame is what a List says beside its items; false when it is none.
func (s *Set) frame(l *list) (of typeMeta, ok bool) {
	if len(l.frame) > maxObject {
		return of, false
	}
	tree, more, err := s.parse(l.frame)
	if err != nil || more {
		return of, false
	}
	object, _ := tree.(map[any]any)
	items, empty := object["items"].([]any)
	f := fields{hasItems: empty && len(items) == 0}
	f.kind, _ = object["kind"].(string)
	f.apiVersion, _ = object["apiVersion"].(string)
	return f.itemType(), f.isList()
}

// isYAML reports whether a document can be read as YAML.
func (s *Set) isYAML(d document) bool {
	if len(d.text) > maxPiece {
		return false
	}
	tree, more, err := s.parse(d.text)
	if err == nil {
		_, err = s.encode(tree, len(d.text))
	}
	return err == nil && !more
}

// parse parses YAML: its first document, and whether there is more in it.
func (s *Set) parse(text []byte) (tree any, more bool, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	err = decoder.Decode(&tree)
	switch {
	case errors.Is(err, io.EOF):
		return nil, false, nil
	case err == nil:
		more = !errors.Is(decoder.Decode(&struct{}{}), io.EOF)
	case strings.Contains(err.Error(), "excessive aliasing"):
		s.expanded += aliasCost
	}
	return tree, more, err
}

// aliasCost is what a document counts, in bytes of JSON, that was refused for its
// aliases: it took time as well.
const aliasCost = maxExpanded / 64

// convertItem makes JSON of the only item of a sequence.
func (s *Set) convertItem(text []byte) ([]byte, error) {
	tree, more, err := s.parse(text)
	if err != nil {
		return nil, err
	}
	items, _ := tree.([]any)
	if len(items) != 1 || more {
		return nil, errors.New("this is not one item")
	}
	return s.encode(items[0], len(text))
}

// encode makes JSON of a tree that so many bytes of YAML made. Without aliases it has
// at most some times as many.
func (s *Set) encode(tree any, size int) ([]byte, error) {
	usual := 8*size + 64
	e := encoder{most: usual + max(maxExpanded-s.expanded, 0)}
	if err := e.value(tree); err != nil {
		if errors.Is(err, errExpanded) {
			s.expanded += aliasCost
		}
		return nil, err
	}
	s.expanded += max(e.out.Len()-usual, 0)
	return e.out.Bytes(), nil
}

// noYAML tells that a document, or an item of a List, is no YAML, and what follows.
func (s *Set) noYAML(d document, at Place, err error, so string) {
	what, guess := "This is no YAML, and "+so, d.line
	if before, _, found := bytes.Cut(d.text, []byte("{{")); found {
		guess += bytes.Count(before, []byte("\n"))
		what = "This is a template of a manifest, not a manifest: it must be rendered first (helm template)."
	}
	s.problem(Place{at.File, d.errorLine(err, guess)}, what, lineOf().ReplaceAllString(harmless(err), ""))
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
