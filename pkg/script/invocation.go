package script

import (
	"os"
	"strings"
)

// Invocation is the command line of this process as one would type it, without a token:
// plugin is its name for kubectl.
func Invocation(plugin string) string { return invocation(plugin, os.Args) }

// invocation is Invocation of any arguments, the process's own name first. Whoever starts
// a process may leave that out.
func invocation(plugin string, argv []string) string {
	words := []string{"kubectl", plugin}
	for i, arg := range argv {
		switch {
		case i == 0:
			continue
		case strings.HasPrefix(arg, "--token="):
			arg = "--token=..."
		case argv[i-1] == "--token":
			arg = "..."
		}
		words = append(words, arg)
	}
	return Command(words...)
}
