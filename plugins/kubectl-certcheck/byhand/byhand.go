// Package byhand prints a bash script that looks at the chains of doors with kubectl
// and openssl: to be read, and to be run where the plugin is not installed. It shows
// each link and says what is plainly wrong with it; it knows no causes.
package byhand

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/script"
)

//go:embed functions.sh
var functions string

// Plan is what the script is to look at.
type Plan struct {
	Chains []Chain
	// KubectlArgs go with every kubectl.
	KubectlArgs []string
	// Invocation is the command line that asks for the script, Printed is when.
	Invocation string
	Printed    time.Time
}

// Chain is one door with what is behind it.
type Chain struct {
	Door    string // for people: "Gateway shop/web"
	Secrets []Secret
}

// Secret is one that the door takes.
type Secret struct {
	Namespace, Name string
	// Certificate and Key are the keys of the data: tls.crt and tls.key, or cert and key.
	Certificate, Key string
	Hosts            []string
	// Links are the objects behind it, in the order of the chain.
	Links []Link
	Pods  []Pod
}

// Link is an object that says how it is, or a key of credentials.
type Link struct {
	// Resource is the object's for kubectl: "orders.acme.cert-manager.io".
	Resource, Namespace, Name string
	// Ready says that it should have the condition Ready.
	Ready bool
	// Key is set for a Secret with credentials.
	Key string
}

// Pod is one that serves what the Secret holds.
type Pod struct {
	Namespace, Name string
	Port            int
}

// Write prints the script. Where there is nothing to look at, that is an error.
func Write(w io.Writer, plan Plan) error {
	if len(plan.Chains) == 0 {
		return errors.New("no script: there is no door, certificate or TLS Secret to look at")
	}
	s := &script.Script{
		What:       "Looks at TLS certificates, and at what issues them, with kubectl and openssl. It changes nothing. It needs the rights to read Secrets, and to forward ports for what is served. Exit status: 0, all that it can judge is well; 3, something is not.",
		Invocation: plan.Invocation, Printed: plan.Printed,
	}
	s.Lines("k() { " + strings.ReplaceAll(script.Command(append([]string{"kubectl"}, plan.KubectlArgs...)...), " \\\n  ", " ") + ` "$@"; }`)
	s.Paragraph()
	s.Lines(strings.TrimPrefix(functions, "# shellcheck shell=bash\n"))
	for _, c := range plan.Chains {
		s.Paragraph()
		s.Comment(c.Door)
		for i := range c.Secrets {
			c.Secrets[i].write(s)
		}
	}
	s.Paragraph()
	s.Lines("if [ \"$bad\" -ne 0 ]; then exit 3; fi")
	if _, err := s.WriteTo(w); err != nil {
		return fmt.Errorf("no script: %w", err)
	}
	return nil
}

func (o *Secret) write(s *script.Script) {
	var hosts []string
	for _, h := range o.Hosts {
		if h != "*" && h != "" {
			hosts = append(hosts, strings.Replace(h, "*", "a", 1)) // openssl compares names, not patterns
		}
	}
	s.Lines(script.Command(append([]string{"secret", o.Namespace, o.Name, o.Certificate, o.Key}, hosts...)...))
	for _, p := range o.Pods {
		if len(hosts) > 0 {
			s.Lines(script.Command("served", p.Namespace, p.Name, strconv.Itoa(p.Port), hosts[0], o.Namespace, o.Name, o.Certificate))
		}
	}
	for _, l := range o.Links {
		switch {
		case l.Key != "":
			s.Lines(script.Command("credential", l.Namespace, l.Name, l.Key))
		case l.Ready:
			s.Lines(script.Command("ready", l.Resource, l.Namespace, l.Name))
		default:
			s.Lines(script.Command("object", l.Resource, l.Namespace, l.Name))
		}
	}
}
