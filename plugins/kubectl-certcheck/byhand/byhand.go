// Package byhand prints a bash script that looks at the chains of doors with kubectl
// and openssl: to be read, and to be run where the plugin is not installed. It shows
// each link and says what is plainly wrong with it; it knows no causes.
package byhand

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/script"
)

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
	// Hosts are names, patterns like *.shop.example, and addresses; "" and "*", which
	// are any, are not looked at.
	Hosts []string
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
	if !slices.ContainsFunc(plan.Chains, func(c Chain) bool { return len(c.Secrets) > 0 }) {
		return errors.New("no script: there is no door, certificate or TLS Secret to look at")
	}
	s := &script.Script{What: plan.what(), Invocation: plan.Invocation, Printed: plan.Printed}
	s.Lines(array("kubectl", append([]string{"kubectl"}, plan.KubectlArgs...)...))
	s.Paragraph()
	plan.functions(s)
	seen := map[string]bool{}
	for _, c := range plan.Chains {
		s.Paragraph()
		s.Lines(script.Command("door", c.Door))
		for i := range c.Secrets {
			c.Secrets[i].write(s, seen)
		}
	}
	s.Paragraph()
	s.Lines(
		`if [ "$bad" -gt 0 ]; then`,
		`  printf '\n%d NOT OK\n' "$bad"`,
		`  exit 3`,
		`fi`)
	if _, err := s.WriteTo(w); err != nil {
		return fmt.Errorf("no script: %w", err)
	}
	return nil
}

// what is the header's text.
func (p *Plan) what() string {
	text := "Looks at TLS certificates, and at what issues them, with kubectl and openssl. It changes nothing. It needs the right to read the Secrets"
	if p.any(func(o *Secret) bool { return len(o.Pods) > 0 }) {
		text += ", and to forward ports to pods"
	}
	return text + ". Private keys and credentials only go through pipes.\n" +
		"Exit status: 0, all that it can judge is well; 3, something is not, or could not be read; 1, a program is missing."
}

func (p *Plan) any(is func(*Secret) bool) bool {
	for _, c := range p.Chains {
		for i := range c.Secrets {
			if is(&c.Secrets[i]) {
				return true
			}
		}
	}
	return false
}

// write prints the commands for a Secret. Of what is seen already, which issuers are
// that many Certificates name, only a comment says so.
func (o *Secret) write(s *script.Script, seen map[string]bool) {
	hosts := slices.DeleteFunc(slices.Clone(o.Hosts), func(h string) bool { return h == "" || h == "*" })
	s.Lines(script.Command(append([]string{"secret", o.Namespace, o.Name, o.Certificate, o.Key}, hosts...)...))
	for _, p := range o.Pods {
		s.Lines(script.Command("served", p.Namespace, p.Name, strconv.Itoa(p.Port), serverName(hosts)))
	}
	for _, l := range o.Links {
		line := l.command()
		if seen[line] {
			s.Comment("See above: " + line)
			continue
		}
		seen[line] = true
		s.Lines(line)
	}
}

// serverName is the first of the hosts that a client can ask for in a handshake; empty
// for none. For a pattern it is any name that only the pattern is for.
func serverName(hosts []string) string {
	for _, h := range hosts {
		if _, err := netip.ParseAddr(h); err != nil {
			if rest, is := strings.CutPrefix(h, "*"); is {
				return "certcheck" + rest
			}
			return h
		}
	}
	return ""
}

func (l *Link) command() string {
	switch {
	case l.Key != "":
		return script.Command("credential", l.Namespace, l.Name, l.Key)
	case l.Ready:
		return script.Command("object", l.Resource, l.Namespace, l.Name, "ready")
	}
	return script.Command("object", l.Resource, l.Namespace, l.Name)
}

// array is an assignment to an array of bash.
func array(name string, words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = script.Quote(word)
	}
	return name + "=(" + strings.Join(quoted, " ") + ")"
}
