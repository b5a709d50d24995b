package manifest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// What is looked at. The dump of a whole cluster as one List is; one object of more
// than a few MB is not, as the API takes none of more than 1.5 MB.
const (
	maxFile      = 256 << 20 // bytes
	maxObject    = 8 << 20   // bytes, as JSON
	maxDocuments = 100_000   // in all files
	maxItems     = 500_000   // of Lists, in all files
	maxLists     = 8         // Lists in Lists
	// maxPiece is how many bytes of YAML are parsed at once, which takes up to a hundred
	// times the memory. Lists as kubectl writes them are parsed item by item.
	maxPiece = 16 << 20
	// maxExpanded is how many bytes of JSON aliases may make in all.
	maxExpanded = 32 << 20
)

// Parse adds what a file holds. name is the file's, for people. Objects may share
// memory with text.
func (s *Set) Parse(name string, text []byte) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	for d := range split(text) {
		if !s.document(d, Place{name, d.line}) {
			return
		}
	}
}

// document reads a document; false when there is no room for what follows.
func (s *Set) document(d document, at Place) bool {
	if !s.room(at) {
		return false
	}
	if bytes.TrimSpace(d.text)[0] != '{' {
		s.yaml(d, at)
		return true
	}
	objects, end, err := stream(d.text, maxDocuments-s.Documents)
	if err != nil && (len(objects) == 0 && len(d.text) <= maxPiece || s.isYAML(d)) {
		s.yaml(d, at) // in flow style, or for YAML to say what is wrong
		return true
	}
	for i := range objects {
		place := Place{at.File, at.Line + objects[i].line}
		if !s.room(place) {
			return false
		}
		s.Documents++
		s.read(&objects[i], place, nil, typeMeta{}, 0)
	}
	if err != nil {
		s.Documents++
		s.problem(Place{at.File, at.Line + end}, "From here on this is no JSON, and is not looked at.", harmless(err))
	}
	return true
}

// room reports whether one more document may be looked at, and tells when not.
func (s *Set) room(at Place) bool {
	switch {
	case s.Documents >= maxDocuments:
		s.problem(at, "This and what follows is not looked at: there are too many documents.", fmt.Sprintf("more than %d", maxDocuments))
	case s.expanded >= maxExpanded:
		s.problem(at, "This and what follows is not looked at: aliases make too much of it.", fmt.Sprintf("more than %d bytes", maxExpanded))
	default:
		return true
	}
	return false
}

// typeMeta is what a typed List says of its items.
type typeMeta struct{ apiVersion, kind string }

// read reads an object, or the items of a List, which is in so many Lists. lines are
// those of the items, where they are known from elsewhere.
func (s *Set) read(f *fields, at Place, lines []int, of typeMeta, depth int) {
	switch {
	case !f.isList():
		s.object(f, at, of, depth)
		return
	case depth == maxLists:
		s.problem(at, "Lists in Lists are not looked at as deep as this.", "")
		return
	}
	for i, item := range f.items {
		place := Place{at.File, at.Line + item.line}
		if len(lines) == len(f.items) {
			place.Line = lines[i]
		}
		if !s.item(item.raw, place, f.itemType(), depth+1) {
			return
		}
	}
}

// item reads an item of a List; false when there is no room for what follows.
func (s *Set) item(raw []byte, at Place, of typeMeta, depth int) bool {
	if s.items >= maxItems {
		s.problem(at, "This item of the List and what follows in it is not looked at: there are too many.", fmt.Sprintf("more than %d", maxItems))
		return false
	}
	s.items++
	s.value(raw, at, nil, of, depth)
	return true
}

// value reads JSON that may be no object at all.
func (s *Set) value(raw []byte, at Place, lines []int, of typeMeta, depth int) {
	if string(raw) == "null" {
		return // as "--- # nothing"
	}
	if raw[0] != '{' {
		s.problem(at, "This is no object of Kubernetes.", harmless(Decode(raw, &header{})))
		return
	}
	objects, _, err := stream(raw, 1)
	if err != nil {
		s.problem(at, "This is no object of Kubernetes.", harmless(err))
		return
	}
	s.read(&objects[0], at, lines, of, depth)
}

// header is what every object has.
type header struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace"`
		Labels    map[string]string `json:"labels"`
	} `json:"metadata"`
}

func (s *Set) object(f *fields, at Place, of typeMeta, depth int) {
	if len(f.raw) > maxObject {
		what := "The document is too large to be looked at."
		if depth > 0 {
			what = "This item of the List is too large to be looked at."
		}
		s.problem(at, what, tooLarge(len(f.raw), maxObject))
		return
	}
	var h header
	if err := Decode(f.raw, &h); err != nil {
		s.problem(at, "This is no object of Kubernetes.", err.Error())
		return
	}
	if h.Kind == "" {
		h.Kind = of.kind
	}
	if h.APIVersion == "" {
		h.APIVersion = of.apiVersion
	}
	if h.Kind == "" {
		return
	}
	s.Objects = append(s.Objects, Object{
		Place: at, APIVersion: h.APIVersion, Kind: h.Kind,
		Namespace: h.Metadata.Namespace, Name: h.Metadata.Name, Raw: slices.Clip(f.raw),
	})
}

func tooLarge(bytes, most int) string { return fmt.Sprintf("%d bytes, of at most %d", bytes, most) }

// isList reports whether the object is a List: what is only named so has no items, or
// they are no array.
func (f *fields) isList() bool { return f.hasItems && strings.HasSuffix(f.kind, "List") }

// itemType is what the List says of the items' type; nothing when it is of any.
func (f *fields) itemType() typeMeta {
	kind := strings.TrimSuffix(f.kind, "List")
	if kind == "" {
		return typeMeta{}
	}
	return typeMeta{f.apiVersion, kind}
}
