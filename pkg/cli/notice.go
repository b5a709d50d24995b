package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
)

// Notices prints what a user should know to stderr, one whole line each, under
// the plugin's name. It is safe for concurrent use.
type Notices struct {
	mu   sync.Mutex
	to   io.Writer
	name string
}

// NewNotices returns Notices of the plugin of that name.
func NewNotices(to io.Writer, name string) *Notices { return &Notices{to: to, name: name} }

// Printf prints one notice.
func (n *Notices) Printf(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	fmt.Fprintf(n.to, "%s: %s\n", n.name, Visible(fmt.Sprintf(format, args...)))
}

// Visible makes control characters visible, but for newlines and tabs, so that none of
// a cluster's reaches a terminal.
func Visible(s string) string {
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
