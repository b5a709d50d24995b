package script

import (
	"slices"
	"strings"
)

// Invocation is the command line of a plugin as one would type it, without a token:
// plugin is its name for kubectl, argv the process's arguments with its own name.
func Invocation(plugin string, argv []string) string {
	args := slices.Clone(argv[1:])
	for i := range args {
		if strings.HasPrefix(args[i], "--token=") {
			args[i] = "--token=..."
		} else if i > 0 && args[i-1] == "--token" {
			args[i] = "..."
		}
	}
	return Command(append([]string{"kubectl", plugin}, args...)...)
}
