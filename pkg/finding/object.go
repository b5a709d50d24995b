package finding

import (
	"cmp"
	"strings"
)

// Object is what a finding is about: an object of the API, a document in a file,
// or a file. Two Objects are the same when all their fields are, so those who
// make findings and links make the Object of a thing in one place.
type Object struct {
	APIVersion string `json:"apiVersion,omitempty"`
	Kind       string `json:"kind,omitempty"` // empty: the file itself
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name,omitempty"` // empty: all of that kind
	File       string `json:"file,omitempty"` // as the user named it
	Line       int    `json:"line,omitempty"` // from 1; 0 is unknown
}

func (o Object) compare(p Object) int {
	return cmp.Or(
		cmp.Compare(o.Namespace, p.Namespace),
		cmp.Compare(o.Kind, p.Kind),
		cmp.Compare(o.Name, p.Name),
		cmp.Compare(o.File, p.File),
		cmp.Compare(o.Line, p.Line),
		cmp.Compare(o.APIVersion, p.APIVersion),
	)
}

// kind is the kind as kubectl's users write it.
func (o Object) kind() string { return strings.ToLower(o.Kind) }

// group is the API group, empty for the core group.
func (o Object) group() string {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		return ""
	}
	return group
}
