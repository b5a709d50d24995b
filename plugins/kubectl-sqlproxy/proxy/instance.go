package proxy

import (
	"net/url"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// instance reads NAME?key=value&key=value.
func (r *reader) instance(text string, where Place) {
	name, rest, _ := strings.Cut(text, "?")
	where.Name = shownName(name)
	instance := Instance{Name: name}
	keys, err := url.ParseQuery(rest)
	if err != nil {
		instance.Unread = Secret(rest)
		r.add(InstanceOptions, finding.Error, where, "what follows the ? cannot be read, and the proxy does not start", "write it as in a URL: ?address=0.0.0.0&port=5432")
		keys = nil
	}
	names := make([]string, 0, len(keys))
	for name := range keys {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		r.key(&instance, name, keys[name], where)
	}
	r.spec.Instances = append(r.spec.Instances, instance)
	r.places = append(r.places, where)
}

// key reads one key of an instance. What cannot be used is kept as it was said.
func (r *reader) key(instance *Instance, name string, values []string, where Place) {
	keep := func() {
		for _, value := range values {
			instance.Extra = append(instance.Extra, Variable{name, Secret(value)})
		}
	}
	q := r.queryByName(name)
	if q == nil {
		fix := "leave it out; the keys are " + strings.Join(r.queryNames(), ", ")
		if near := nearest(name, r.queryNames()); near != "" {
			fix = "is " + near + " meant?"
		} else if r.byName(name) != nil {
			fix = "it is not for one instance: write --" + name
		}
		// The reference's query-unknown.
		r.add(QueryUnknown, finding.Error, where, "the proxy does not know the key "+quote(name)+", and ignores it in silence", fix)
		keep()
		return
	}
	if r.spec.Version.Before(q.since) {
		r.add(QueryNewer, finding.Error, where, "the key "+name+" came with version "+q.since.String()+", and "+r.spec.Version.String()+" ignores it in silence",
			"use an image of "+q.since.String()+" or newer, or leave it out")
	}
	if len(values) != 1 {
		r.add(QueryValue, finding.Error, where, "the key "+name+" is there more than once, and the proxy does not start", "say it once")
		keep()
		return
	}
	err := setQuery(q.field(instance), values[0])
	if name == "sql-data" && values[0] != string(On) && values[0] != string(Off) {
		instance.SQLData, err = Inherit, errBool // here v2 takes no other words
	}
	if err != nil {
		r.add(QueryValue, finding.Error, where, "the value of the key "+name+" cannot be read, "+err.Error()+", and the proxy does not start", fixOf(err))
		keep()
	}
}

// quoteless is quote without the quotation marks, for names in places.
func quoteless(text string) string {
	q := quote(text)
	if strings.HasPrefix(q, `"`) && strings.HasSuffix(q, `"`) {
		return q[1 : len(q)-1]
	}
	return q
}

// shownName is an instance's name for a Problem. A long word without the marks of a
// name may be a token that lost its flag.
func shownName(name string) string {
	if len(name) > 40 && !strings.Contains(name, ":") && !strings.Contains(name, "projects/") && !isDNSName(name) {
		return Secret(name).String()
	}
	return quoteless(name)
}
