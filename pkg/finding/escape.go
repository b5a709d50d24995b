package finding

import (
	"fmt"
	"strings"
	"unicode"
)

// visible makes control characters visible, but for newlines and tabs: what is
// printed quotes what clusters say.
func visible(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd") // a lone byte may be a control character, too
	if !strings.ContainsFunc(s, control) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if control(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func control(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }

// oneLine is visible for what must stay one line.
func oneLine(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(visible(s), "\n", `\n`), "\t", `\t`)
}
