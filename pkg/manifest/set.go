package manifest

import (
	"encoding/json"
	"fmt"
)

// Set is what files hold, in their order.
type Set struct {
	// Objects are the objects with a kind. The items of Lists are among them, the Lists
	// are not; what has no kind (the values of a chart, say) is none.
	Objects  []Object
	Problems []Problem
	// Documents is how many were looked at, those without an object and those with
	// problems included. A List is one.
	Documents int

	items    int // of Lists, so far
	expanded int // bytes of JSON that aliases made, so far
}

// Place is where in a file a document begins, or an item of a List.
type Place struct {
	File string // as the user named it; "stdin" for standard input
	Line int    // from 1; 0 for the file as a whole
}

// Object is any object of Kubernetes.
type Object struct {
	Place
	// APIVersion and Kind are the object's own, or what the typed List says in which it
	// stands (a SecretList's items are Secrets).
	APIVersion, Kind string
	// Namespace and Name are empty where the file names none.
	Namespace, Name string
	// Raw is the object as JSON, as it stands in the file: an item of a typed List may
	// have neither apiVersion nor kind there. It may share memory with other objects and
	// is not to be changed.
	Raw json.RawMessage
}

// Problem is a file, a document or an item of a List that could not be read.
type Problem struct {
	Place
	What string // a whole sentence
	Text string // the parser's words, without what it quotes; may be empty
}

func (s *Set) problem(at Place, what, text string) {
	s.Problems = append(s.Problems, Problem{Place: at, What: what, Text: text})
}

// Refused is the problem that an object has whose own fields cannot be decoded. The
// error's text becomes the problem's, at most 200 characters of it: one of [Decode] is
// safe to print, of others that is for the caller to see to.
func (o *Object) Refused(err error) Problem {
	text := err.Error()
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "…"
	}
	return Problem{Place: o.Place, What: fmt.Sprintf("The API would not take this %s.", o.Kind), Text: text}
}
