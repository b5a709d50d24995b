package house

import (
	"regexp"
	"strings"
	"testing"
)

// TestChangelog: each flag and command that a plugin's section of the CHANGELOG tells of
// is on the plugin's page of commands.
func TestChangelog(t *testing.T) {
	commands := "" // of the section's plugin
	for line := range strings.Lines(between(read(t, "CHANGELOG.md"), "\n## Unreleased\n", "\n## ")) {
		if title, ok := strings.CutPrefix(line, "### "); ok {
			commands = ""
			if plugin, ok := strings.CutPrefix(strings.TrimSpace(title), "kubectl "); ok {
				commands = read(t, "plugins/kubectl-"+plugin+"/COMMANDS.md")
			}
		}
		if commands == "" {
			continue
		}
		for _, flag := range regexp.MustCompile("`(--[a-z-]+)`").FindAllStringSubmatch(line, -1) {
			if !strings.Contains(commands, flag[0]) {
				t.Errorf("CHANGELOG.md: no command has %s: %s", flag[1], line)
			}
		}
		for _, command := range regexp.MustCompile("`([a-z-]+)( [^`]*)?`:").FindAllStringSubmatch(line, -1) {
			if word := command[1]; !strings.HasPrefix(word, "-") && !regexp.MustCompile(`(?m)^## kubectl \w+ `+word+`$`).MatchString(commands) {
				t.Errorf("CHANGELOG.md: there is no command %s: %s", word, line)
			}
		}
	}
}
