package kube

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Query selects pods: by a regular expression on the name, or by TYPE/NAME.
type Query struct {
	// Text is the query as the user wrote it.
	Text string
	// Regexp matches anywhere in a pod's name; nil for TYPE/NAME.
	Regexp *regexp.Regexp
	// Type and Name are set for TYPE/NAME.
	Type, Name string
}

// ParseQuery reads one query. A slash cannot occur in a pod's name, so it tells
// TYPE/NAME from a regular expression.
func ParseQuery(text string) (Query, error) {
	if text == "" {
		return Query{}, fmt.Errorf("empty query: give a regular expression on the pod name, or TYPE/NAME")
	}
	kind, name, slash := strings.Cut(text, "/")
	if !slash {
		re, err := regexp.Compile(text)
		if err != nil {
			return Query{}, fmt.Errorf("query %q is not a regular expression: %w", text, err)
		}
		return Query{Text: text, Regexp: re}, nil
	}
	if kind == "" || name == "" || strings.Contains(name, "/") {
		return Query{}, fmt.Errorf("query %q: want TYPE/NAME, as in deploy/web", text)
	}
	return Query{Text: text, Type: kind, Name: name}, nil
}

// literal returns the pod's name where the query can be read as exactly one.
func (q Query) literal() (string, bool) {
	if q.Regexp != nil {
		return q.Text, len(validation.IsDNS1123Subdomain(q.Text)) == 0
	}
	for _, k := range builtinKinds() {
		if k.Kind == "Pod" && k.answersTo(q.Type) {
			return q.Name, true
		}
	}
	return "", false
}
