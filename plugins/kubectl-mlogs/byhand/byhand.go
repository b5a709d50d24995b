// Package byhand prints a bash script that does with kubectl and a named pipe
// what mlogs does: it joins the logs, or log files, of many containers. It does so
// for the containers that match now, once: what mlogs does beyond that, new pods,
// resuming, order by time, takes a program.
package byhand

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/script"
)

// Plan is what the script is to do.
type Plan struct {
	// KubectlArgs go with every kubectl, as --kubeconfig does.
	KubectlArgs []string
	Targets     []Target
	// Tail is how many of the past's last lines are shown of each target; -1 for all.
	Tail int64
	// Since leaves out what logs said longer ago; 0 for all. Files have no times.
	Since  time.Duration
	Follow bool
	// FIFO is the pipe's path; empty for one in a new directory.
	FIFO string
	// Only leaves the reading of the pipe to others.
	Only bool
	// Invocation is the command line that asks for the script, Printed is when.
	Invocation string
	Printed    time.Time
}

// Target is a container's own log, or a file in it.
type Target struct {
	Context, Namespace, Pod, Container string
	// File is a path; empty for the container's own log.
	File string
}

//go:embed functions.sh
var functions string

// Write prints the script. A plan without targets is an error.
func Write(w io.Writer, plan Plan) error {
	if len(plan.Targets) == 0 {
		return errors.New("no script: there is nothing to read")
	}
	s := &script.Script{What: plan.what(), Invocation: plan.Invocation, Printed: plan.Printed}
	plan.settings(s)
	s.Paragraph()
	s.Lines(functions)
	s.Paragraph()
	plan.sources(s)
	s.Paragraph()
	plan.pipe(s)
	s.Paragraph()
	s.Comment(plan.introduction())
	for _, t := range plan.Targets {
		s.Lines(plan.line(t))
	}
	s.Paragraph()
	plan.end(s)
	_, err := s.WriteTo(w)
	return err
}

// what is the header's text.
func (p Plan) what() string {
	logs, files := 0, 0
	for _, t := range p.Targets {
		if t.File == "" {
			logs++
		} else {
			files++
		}
	}
	var of []string
	for _, c := range []struct {
		n    int
		what string
	}{{logs, "log"}, {files, "log file"}} {
		switch {
		case c.n == 1:
			of = append(of, "a "+c.what)
		case c.n > 1:
			of = append(of, fmt.Sprintf("%d %ss", c.n, c.what))
		}
	}
	return "Joins " + strings.Join(of, " and ") + " of containers into one stream, by kubectl and a named pipe. " +
		"The containers are those that matched when this was printed; a stream that ends is not opened again."
}

func (p Plan) settings(s *script.Script) {
	logFlags, tailFlags := []string{}, []string{"-n", "+1"}
	if p.Tail >= 0 {
		tail := strconv.FormatInt(p.Tail, 10)
		logFlags = append(logFlags, "--tail="+tail)
		tailFlags[1] = tail
	}
	if p.Since > 0 {
		logFlags = append(logFlags, fmt.Sprintf("--since=%ds", int64(math.Ceil(p.Since.Seconds()))))
	}
	if p.Follow {
		logFlags = append(logFlags, "-f")
		tailFlags = append(tailFlags, "-F")
	}
	s.Lines(array("kubectl", append([]string{"kubectl"}, p.KubectlArgs...)))
	if p.any(Target.isLog) && len(logFlags) > 0 {
		s.Lines(array("log_flags", logFlags))
	}
	if p.any(Target.isFile) {
		s.Lines(array("tail_flags", tailFlags))
	}
	mark := `$'\036'`
	if p.Only {
		mark = "'' # others read the pipe"
	}
	s.Lines("mark=" + mark)
}

// array is an assignment to an array of bash.
func array(name string, words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = script.Quote(word)
	}
	return name + "=(" + strings.Join(quoted, " ") + ")"
}

func (t Target) isLog() bool  { return t.File == "" }
func (t Target) isFile() bool { return t.File != "" }

func (p Plan) any(f func(Target) bool) bool {
	for _, t := range p.Targets {
		if f(t) {
			return true
		}
	}
	return false
}

// several reports whether targets differ in something, which is then part of
// their names.
func (p Plan) several(f func(Target) string) bool {
	return p.any(func(t Target) bool { return f(t) != f(p.Targets[0]) })
}

func (t Target) context() string   { return t.Context }
func (t Target) namespace() string { return t.Namespace }
