package recreate

import (
	"fmt"
	"strings"
	"unicode"
)

// maxText is how many bytes of what others say go into an error.
const maxText = 1000

// oneLine makes what a cloud or a program said fit into an error: one line, no
// control characters, at most maxText bytes, of which the last ones say most.
func oneLine(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return '\ufffd'
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxText {
		s = "…" + strings.ToValidUTF8(s[len(s)-maxText:], "")
	}
	return s
}

// quoted shows a value in an error, cut where it is long.
func quoted(s string) string {
	if len(s) > 200 {
		s = s[:200] + "…"
	}
	return fmt.Sprintf("%q", s)
}

// tail is a writer that keeps the last bytes of what is written.
type tail struct{ kept []byte }

// maxTail is how many bytes a tail keeps.
const maxTail = 4 * maxText

func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	if len(p) > maxTail {
		p = p[len(p)-maxTail:]
	}
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - maxTail; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return n, nil
}

func (t *tail) String() string { return oneLine(string(t.kept)) }

// listed names a few of many: "a, b, c and 7 more".
func listed(names []string) string {
	const few = 5
	if len(names) <= few+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}
