package diagnose

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/manifest"
	"github.com/kubechores/kubechores/pkg/script"
)

// kubectlIn is a command line of kubectl in a namespace.
func kubectlIn(namespace string, args ...string) finding.Step {
	line := []string{"kubectl"}
	if namespace != "" {
		line = append(line, "-n", namespace)
	}
	return run(script.Command(append(line, args...)...))
}

// refOf is an object as kubectl takes it: deployment/sql-proxy; ref is that of the workload.
func refOf(o finding.Object) string { return strings.ToLower(o.Kind) + "/" + o.Name }
func (s *subject) ref() string      { return refOf(s.Object) }

// sqlproxyIn is a command of this plugin in a namespace. kubectl finds no plugin behind
// a flag.
func sqlproxyIn(namespace string, args ...string) finding.Step {
	line := append([]string{"kubectl", "sqlproxy"}, args...)
	if namespace != "" {
		line = append(line, "-n", namespace)
	}
	return run(script.Command(line...))
}

// convert is the command that moves the workload to v2, or to the shared proxy.
func (s *subject) convert() finding.Step {
	switch s.File {
	case "":
		return sqlproxyIn(s.Namespace, "convert", s.ref())
	case "stdin":
		return sqlproxyIn("", "convert", "-f", manifest.Stdin)
	}
	return sqlproxyIn("", "convert", "-f", s.File)
}

// gcloud is a command line of Google's.
func gcloud(args ...string) finding.Step {
	return run(script.Command(append([]string{"gcloud"}, args...)...))
}

// listed is a list for people of at most five names.
func listed(names []string) string {
	const most = 5
	if more := len(names) - most; more > 0 {
		names = append(slices.Clone(names[:most]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// counted is a number of things: "1 pod", "2 pods".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// series is a list in words, each name once.
func series(names []string) string {
	names = once(names)
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// once are the names, each once, in their order.
func once(names []string) []string {
	var all []string
	for _, name := range names {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// orNone is a text that may be empty, for people.
func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// labelPairs are labels as YAML has them in one line.
func labelPairs(labels map[string]string) string {
	pairs := make([]string, 0, len(labels))
	for _, name := range sortedKeys(labels) {
		pairs = append(pairs, fmt.Sprintf("%s: %q", name, labels[name]))
	}
	return strings.Join(pairs, ", ")
}

// hasLabels reports whether a set has all the labels that are wanted.
func hasLabels(set, wanted map[string]string) bool {
	for name, value := range wanted {
		if have, ok := set[name]; !ok || have != value {
			return false
		}
	}
	return true
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
