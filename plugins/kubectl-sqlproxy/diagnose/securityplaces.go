package diagnose

import (
	"fmt"
	"slices"
	"strings"
)

// place is an argument or a variable of the proxy's container.
type place struct{ source, text string }

// places are where options are given, by flag, variable, or key of an instance.
func (s *subject) places(names []string) []place {
	var all []place
	look := func(list string, args []string) {
		for n, arg := range args {
			if slices.ContainsFunc(names, func(name string) bool { return givesOption(arg, name) }) {
				all = append(all, place{fmt.Sprintf("%s[%d]", list, n), arg})
			}
		}
	}
	look("command", s.Container.Command)
	look("args", s.Container.Args)
	prefix := prefixOf(s.Spec.Engine)
	for _, e := range s.Container.Env {
		name, ok := strings.CutPrefix(e.Name, prefix)
		if ok && prefix != "" && e.ValueFrom == nil && slices.Contains(names, strings.ReplaceAll(strings.ToLower(name), "_", "-")) {
			all = append(all, place{"env " + e.Name, e.Value})
		}
	}
	return all
}

// givesOption reports whether an argument gives an option: as a flag, or as a key in an
// instance's query.
func givesOption(arg, name string) bool {
	if flag := strings.TrimLeft(arg, "-"); flag != arg {
		flag, _, _ = strings.Cut(flag, "=")
		return flag == name
	}
	_, query, _ := strings.Cut(arg, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if key, _, _ := strings.Cut(pair, "="); key == name && query != "" {
			return true
		}
	}
	return false
}
