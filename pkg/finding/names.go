package finding

import "strconv"

// names writes objects for people: kind/name, with the namespace between them
// where it is not the one that the user asked for, and with the API group where
// the report has two kinds of that name (Istio's Gateway and the Gateway API's).
type names struct {
	namespace string
	groups    map[string]string // of a kind
	ambiguous map[string]bool
}

func (v *view) names(opts Options) *names {
	n := &names{namespace: opts.Namespace, groups: map[string]string{}, ambiguous: map[string]bool{}}
	note := func(o Object) {
		if o.APIVersion == "" {
			return // not known, rather than of the core group
		}
		if group, ok := n.groups[o.kind()]; ok && group != o.group() {
			n.ambiguous[o.kind()] = true
		}
		n.groups[o.kind()] = o.group()
	}
	seen := map[Object]bool{}
	for _, s := range v.subjects {
		s.objects(seen, note)
	}
	for _, f := range v.findings {
		note(f.Object)
	}
	return n
}

// of returns the name of an object, in one line.
func (n *names) of(o Object) string {
	if o.Kind == "" {
		return location(o)
	}
	name := o.kind()
	if n.ambiguous[name] && o.group() != "" {
		name += "." + o.group()
	}
	if o.Namespace != "" && o.Namespace != n.namespace {
		name += "/" + o.Namespace
	}
	if o.Name == "" {
		return oneLine(name + "/*")
	}
	return oneLine(name + "/" + o.Name)
}

// location is where in a file an object is, as compilers write it. It is empty
// for an object of the API.
func location(o Object) string {
	if o.Line > 0 {
		return oneLine(o.File) + ":" + strconv.Itoa(o.Line)
	}
	return oneLine(o.File)
}
