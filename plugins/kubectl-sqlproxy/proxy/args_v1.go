package proxy

import (
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// v1Args reads arguments as Go's flag package does: one dash or two, and nothing
// after the first argument that is no flag.
func (r *reader) v1Args(args []string) bool {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if len(arg) < 2 || arg[0] != '-' || arg == "--" {
			r.add(ArgumentIgnored, finding.Error, Place{List: Args, Index: i}, "this is no flag, and v1 ignores it and all that follows",
				"write flags as -name=value, and instances as -instances=PROJECT:REGION:INSTANCE=tcp:PORT")
			if arg != "--" {
				r.extra("--") // says the same, and cannot be taken for the value of what stands before it
			}
			r.extra(args[i:]...)
			return true
		}
		i = r.v1Flag(args, i)
	}
	return true
}

// v1Flag reads a flag and its value, and returns the index of what it read last.
func (r *reader) v1Flag(args []string, i int) int {
	name, value, hasValue := strings.Cut(strings.TrimPrefix(args[i][1:], "-"), "=")
	o := r.byName(name)
	switch {
	case slices.Contains(r.exits, name):
		r.exit(args[i], i)
		return i
	case o == nil && name != v1Instances:
		return r.v1Unknown(args, i, name, hasValue)
	case hasValue:
	case o != nil && o.isBool():
		value = "true"
	case i+1 == len(args):
		if o == nil {
			o = &option{name: name}
		}
		return r.noValue(o, args[i], i)
	default:
		r.v1Set(o, args[i+1], i)
		return i + 1
	}
	r.v1Set(o, value, i)
	return i
}

func (r *reader) v1Set(o *option, value string, i int) {
	if o == nil {
		r.v1List(value, Place{Args, i, "-" + v1Instances})
		return
	}
	r.set(o, value, i)
}

func (r *reader) v1Unknown(args []string, i int, name string, hasValue bool) int {
	id, fix := FlagUnknown, "leave it out"
	if near := nearest(name, append(r.names(), v1Instances)); near != "" {
		fix = "is -" + near + " meant?"
	}
	if o := v2Dialect.byName(name); o != nil && name != "" {
		id, fix = FlagOther, "it is v2's flag, and v1 has none like it: leave it out, or use v2's image"
		var probe Spec
		for j := range r.options {
			if r.options[j].field(&probe) == o.field(&probe) {
				fix = "it is v2's flag: write -" + r.options[j].name
			}
		}
	}
	r.add(id, finding.Error, Place{Args, i, quoteless("-" + name)}, "v1 does not know the flag, and does not start", fix)
	r.extra(args[i])
	if hasValue || i+1 == len(args) || strings.HasPrefix(args[i+1], "-") {
		return i
	}
	r.extra(args[i+1])
	return i + 1
}

// v1List reads what -instances or INSTANCES say.
func (r *reader) v1List(list string, where Place) {
	if before, ok := r.said[v1Instances]; ok && r.spec.Version.Before(instancesAddUpSince) {
		r.add(FlagRepeated, finding.Error, where, "-instances is said at "+before.String()+", too, and before version "+instancesAddUpSince.String()+" the last one counts",
			"name all instances in one flag, with commas")
		r.spec.Instances, r.places = nil, nil
	}
	if where.List == Args {
		r.said[v1Instances] = where
	}
	for _, text := range strings.Split(list, ",") {
		if text != "" {
			r.v1Instance(text, where)
		}
	}
}
