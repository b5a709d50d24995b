package proxy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// args reads arguments as pflag does: flags and instances in any order, one dash
// before letters, two before words. It gives false where they run a subcommand.
func (r *reader) args(args []string) bool {
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "--":
			for j := i + 1; j < len(args); j++ {
				r.instance(args[j], Place{List: Args, Index: j})
			}
			return true
		case strings.HasPrefix(arg, "--"):
			i = r.long(args, i)
		case len(arg) > 1 && arg[0] == '-':
			i = r.letters(args, i)
		case len(r.spec.Instances) == 0 && slices.Contains(r.commands, arg):
			r.spec = Spec{Program: r.spec.Program}
			r.extra(args...)
			r.problems = nil
			r.add(Subcommand, finding.Error, Place{Args, i, ""}, arg+" runs something else than the proxy", "leave it out to run the proxy")
			return false
		default:
			r.instance(arg, Place{List: Args, Index: i})
		}
	}
	return true
}

// long reads --name, --name=value or --name value, and returns the index of what it
// read last.
func (r *reader) long(args []string, i int) int {
	name, value, hasValue := strings.Cut(args[i][2:], "=")
	o := r.byName(name)
	switch {
	case slices.Contains(r.exits, name):
		r.exit(args[i], i)
		return i
	case o == nil:
		return r.unknown(args, i, name, hasValue)
	case hasValue:
	case o.isBool():
		value = "true"
	default:
		if i+1 == len(args) {
			return r.noValue(o, args[i], i)
		}
		r.set(o, args[i+1], i)
		return i + 1
	}
	r.set(o, value, i)
	return i
}

// letters reads -l, -lg, -p5432, -p=5432 or -p 5432.
func (r *reader) letters(args []string, i int) int {
	word, _, hasValue := strings.Cut(args[i][1:], "=")
	if len(word) > 1 && (word == v1Instances || v1Dialect.byName(word) != nil || r.byName(word) != nil) {
		return r.oneDash(args, i, word, hasValue)
	}
	type pending struct {
		option *option
		value  string
	}
	var sets []pending
	first := i
	for rest := args[i][1:]; rest != ""; {
		if rest[0] == 'h' || rest[0] == 'v' {
			r.exit(args[i], i)
			return i
		}
		o := r.byShort(rest[0])
		if o == nil {
			return r.unknown(args, i, "", hasValue)
		}
		value := ""
		switch {
		case len(rest) > 2 && rest[1] == '=':
			value, rest = rest[2:], ""
		case o.isBool():
			value, rest = "true", rest[1:]
		case len(rest) > 1:
			value, rest = rest[1:], ""
		case i+1 == len(args):
			return r.noValue(o, args[i], i)
		default:
			value, rest = args[i+1], ""
			i++
		}
		sets = append(sets, pending{o, value})
	}
	for _, s := range sets {
		r.set(s.option, s.value, first)
	}
	return i
}

// oneDash is a word after one dash, which is read as letters.
func (r *reader) oneDash(args []string, i int, word string, hasValue bool) int {
	fix := "write --" + word
	if r.byName(word) == nil {
		fix = "it is v1's flag: " + inThis(r.dialect, word)
	}
	reads := "the proxy does not know and does not start"
	if o := r.byShort(word[0]); o != nil && !o.isBool() {
		reads = fmt.Sprintf("is read as --%s with the rest of the word as its value", o.name)
	}
	r.add(FlagOther, finding.Error, Place{Args, i, "-" + word}, "after one dash come letters, which "+reads, fix)
	return r.keep(args, i, hasValue)
}

// inThis says what a flag of v1 is called.
func inThis(d *dialect, word string) string {
	if word == v1Instances {
		return "name the instances without a flag, as PROJECT:REGION:INSTANCE?port=PORT"
	}
	v1 := v1Dialect.byName(word)
	var probe Spec
	if v1 != nil {
		for i := range d.options {
			if d.options[i].field(&probe) == v1.field(&probe) {
				return "write --" + d.options[i].name
			}
		}
	}
	switch word {
	case "ip_address_types":
		return "write --private-ip for PRIVATE, --auto-ip for PUBLIC,PRIVATE"
	case "verbose":
		return "write --quiet for -verbose=false"
	case "fuse":
		return "write --fuse=DIRECTORY"
	}
	return "there is none like it, leave it out"
}

// unknown is a flag that the proxy does not know.
func (r *reader) unknown(args []string, i int, name string, hasValue bool) int {
	shown := "--" + name
	if name == "" {
		shown = args[i][:min(2, len(args[i]))]
	}
	where := Place{Args, i, quoteless(shown)}
	id, fix := FlagUnknown, "leave it out"
	if near := nearest(name, r.names()); near != "" {
		fix = "is --" + near + " meant?"
	}
	if v1 := v1Dialect.byName(name); name != "" && (v1 != nil || name == v1Instances) {
		id, fix = FlagOther, "it is v1's flag: "+inThis(r.dialect, name)
	}
	if other := r.otherEngine(); other.byName(name) != nil && name != "" {
		id, fix = FlagOther, "it is a flag of the other proxy, for "+r.otherName()+": leave it out"
		if near := nearest(name, r.names()); near != "" {
			fix += ", or write --" + near
		}
	}
	r.add(id, finding.Error, where, "the proxy does not know the flag, and does not start", fix)
	return r.keep(args, i, hasValue)
}

func (r *reader) otherEngine() *dialect {
	if r.spec.Engine == AlloyDB {
		return &v2Dialect
	}
	return &alloydbDialect
}

func (r *reader) otherName() string {
	if r.spec.Engine == AlloyDB {
		return "Cloud SQL"
	}
	return "AlloyDB"
}

// keep keeps a flag that is not understood, and what seems to be its value: an
// argument that is neither a flag nor an instance.
func (r *reader) keep(args []string, i int, hasValue bool) int {
	r.extra(args[i])
	if hasValue || i+1 == len(args) || strings.HasPrefix(args[i+1], "-") || r.looksLikeInstance(args[i+1]) {
		return i
	}
	r.extra(args[i+1])
	return i + 1
}

func (r *reader) looksLikeInstance(arg string) bool {
	name, _, _ := strings.Cut(arg, "?")
	parsed, err := ParseName(r.spec.Engine, name)
	return err == nil && parsed.DNS == "" // which a token may look like
}

func (r *reader) exit(arg string, i int) {
	r.add(FlagExits, finding.Error, Place{Args, i, ""}, "the flag prints something and ends the proxy", "leave it out")
	r.extra(arg)
}

func (r *reader) noValue(o *option, arg string, i int) int {
	r.add(FlagValue, finding.Error, Place{Args, i, r.flag(o)}, "the flag has no value, and the proxy does not start", "write "+r.flag(o)+"=VALUE")
	r.extra(arg)
	return i
}
