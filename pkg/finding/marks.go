package finding

import "strings"

// marks are what a tree is drawn with.
type marks struct {
	branch, last, pass, none string // in front of a link, and of what is below it
	quoteOpen, quoteClose    string
	severities               []string // by rank
}

func (m marks) of(s Severity) string { return m.severities[s.rank()] }

func marksFor(ascii bool) marks {
	if ascii {
		return marks{
			branch: "|- ", last: "`- ", pass: "|  ", none: "   ", quoteOpen: `"`, quoteClose: `"`,
			severities: []string{"x", "!", "?", "i", "+"},
		}
	}
	return marks{
		branch: "├─ ", last: "└─ ", pass: "│  ", none: "   ", quoteOpen: "“", quoteClose: "”",
		severities: []string{"✗", "!", "?", "i", "✓"},
	}
}

// NeedsASCII reports whether the locale that the environment names (as os.Getenv
// does) is not one of UTF-8: POSIX's order of its variables, of which the first
// that is set counts. It is not asked where none is set, as on Windows.
func NeedsASCII(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(getenv(name)); locale != "" {
			return !strings.Contains(locale, "utf-8") && !strings.Contains(locale, "utf8")
		}
	}
	return false
}
