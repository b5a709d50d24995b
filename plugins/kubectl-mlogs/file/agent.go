package file

import (
	"crypto/rand"
	_ "embed"
	"io"
	"strings"
)

//go:embed agent.sh
var agent string

// shells are the commands that may start a shell that reads a script from
// stdin, in the order in which they are tried. /busybox is where distroless
// images with a shell have it.
func shells() [][]string {
	return [][]string{{"sh"}, {"/bin/sh"}, {"/busybox/sh"}, {"busybox", "sh"}, {"bash"}}
}

// The operations of the agent; see agent.sh.
const (
	opLook     = "look"
	opList     = "list"
	opListOnce = "list1"
	opOnce     = "once"
	opTail     = "tail"
)

// newMark returns a word that no log contains.
func newMark() string { return "mlogs-" + rand.Text() }

// command is the shell's command line for an operation. File names are
// arguments: no shell ever parses them.
func command(shell []string, mark string, args []string) []string {
	return append(append(append([]string{}, shell...), "-s", mark), args...)
}

// lifeline is the agent's stdin: the script, and then nothing until it is closed.
type lifeline struct {
	io.Reader
	end *io.PipeWriter
}

func newLifeline() *lifeline {
	hold, end := io.Pipe()
	return &lifeline{io.MultiReader(strings.NewReader(agent), hold), end}
}

func (l *lifeline) cut() { l.end.Close() }
