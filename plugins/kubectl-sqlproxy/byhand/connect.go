package byhand

import (
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/script"
)

//go:embed connect.sh
var connecting string

// Connect is what a script is to connect to.
type Connect struct {
	// Namespace and Target name the pods for kubectl: "deployment/sql-proxy".
	Namespace, Target string
	// Port is that of the pods, Local the one on 127.0.0.1.
	Port, Local int
	// Instance is the database's connection name, for people; it may be empty.
	Instance string
	// Client is a command line that is shown. With Command that is run instead, with
	// variables, NAME=VALUE, added to its environment.
	Client      string
	Command     []string
	Environment []string
	// KubectlArgs go with every kubectl.
	KubectlArgs []string
	// Invocation is the command line that asks for the script, Printed is when.
	Invocation string
	Printed    time.Time
}

// WriteConnect prints the script.
func WriteConnect(w io.Writer, c Connect) error {
	s := &script.Script{What: c.what(), Invocation: c.Invocation, Printed: c.Printed}
	s.Lines(
		array("kubectl", append([]string{"kubectl"}, c.KubectlArgs...)...),
		"namespace="+script.Quote(c.Namespace),
		"target="+script.Quote(c.Target),
		"port="+strconv.Itoa(c.Port),
		"local_port="+strconv.Itoa(c.Local),
	)
	s.Paragraph()
	s.Lines(strings.TrimPrefix(connecting, "# shellcheck shell=bash disable=SC2154\n"))
	s.Paragraph()
	if len(c.Command) == 0 {
		s.Cleanup("stop")
		s.Lines(script.Command("echo", c.Client), "forward >&2 &", "loop=$!", `wait "$loop"`)
	} else {
		c.run(s)
	}
	if _, err := s.WriteTo(w); err != nil {
		return fmt.Errorf("no script: %w", err)
	}
	return nil
}

// run runs the command when the port is open.
func (c *Connect) run(s *script.Script) {
	s.Comment("The port-forward's words lie here until the port is open.")
	s.Lines("tmp=''")
	s.Cleanup("stop", `if [ "$tmp" ]; then rm -f -- "$tmp"; fi`)
	s.Lines("tmp=$(mktemp)")
	s.Comment("With set -m it is no part of what a terminal tells Ctrl-C.")
	s.Lines(
		"set -m",
		`forward >"$tmp" &`,
		"loop=$!",
		"set +m",
		"for ((i = 0; i < 150; i++)); do",
		`  if grep -q '^Forwarding from' "$tmp"; then break; fi`,
		"  sleep 0.2",
		"done",
		`if ! grep -q '^Forwarding from' "$tmp"; then`,
		`  echo "error: no port-forward within 30 seconds" >&2`,
		"  exit 1",
		"fi",
	)
	for _, variable := range c.Environment {
		s.Lines(script.Command("export", variable))
	}
	s.Comment("Ctrl-C is the command's, and its exit status the script's.")
	s.Lines("trap '' INT", "(", "  trap - INT", "  "+script.Command(c.Command...), ")")
}

func (c *Connect) what() string {
	text := fmt.Sprintf("Opens port %d on 127.0.0.1, which leads to port %d of %s in namespace %s", c.Local, c.Port, c.Target, c.Namespace)
	if c.Instance != "" {
		text += ", to the database " + c.Instance
	}
	text += ". When the pod is gone it goes on with another one; connections that were open are lost, and so may be the first one after it, by which kubectl notices."
	if len(c.Command) > 0 {
		return text + " Runs a command with it, and ends with its exit status."
	}
	return text + " Ctrl-C ends it."
}
