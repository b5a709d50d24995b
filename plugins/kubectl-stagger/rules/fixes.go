package rules

import (
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
)

// command is a step that runs a command line, in one line.
func command(args ...string) finding.Step {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = quote(a)
	}
	return finding.Step{Run: strings.Join(words, " ")}
}

func quote(word string) string { return script.Quote(word) }

// onObject is a command of kubectl on one object.
func onObject(o finding.Object, verb string, more ...string) finding.Step {
	kind := strings.ToLower(o.Kind)
	if group, _, ok := strings.Cut(o.APIVersion, "/"); ok && group != "apps" && group != "extensions" && group != "batch" && group != "policy" {
		kind += "." + group
	}
	args := []string{"kubectl", verb}
	if o.Namespace != "" {
		args = append(args, "-n", o.Namespace)
	}
	return command(append(append(args, kind+"/"+o.Name), more...)...)
}

// planSteps spread the pool's deaths.
func (c *checker) planSteps() []finding.Step {
	show := command("kubectl", "stagger", "nodepool", c.Pool.Name, "--dry-run")
	if c.Pool.Label == "" {
		show = command("kubectl", "stagger", "nodes", "-l", c.Pool.Name, "--dry-run")
	}
	return []finding.Step{{Do: "Spread the nodes' deaths over the day; this shows the plan, and without --dry-run it asks first:"}, show}
}
