package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
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

// ref is the workload as kubectl takes it: deployment/sql-proxy.
func (s *subject) ref() string { return strings.ToLower(s.Kind) + "/" + s.Name }

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
