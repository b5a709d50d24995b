package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// shownBytes is how much of a text is shown.
const shownBytes = 300

// argumentAt is evidence: where a problem is, and what stands there, without what may be
// secret.
func (s *subject) argumentAt(p *proxy.Problem) []finding.Evidence {
	where := p.Where
	list := s.Container.Args
	switch where.List {
	case proxy.Env:
		return quote(s.Path+".env", s.shownVariable(p))
	case proxy.Config:
		return quote("configuration file", "key "+where.Name)
	case proxy.Command:
		list = s.Container.Command
	case proxy.Args:
	default:
		return quote(s.Path, s.shownAll())
	}
	if where.Index < 0 || where.Index >= len(list) {
		return nil
	}
	text := s.shownArgument(list[where.Index])
	if p.ID == proxy.Subcommand {
		text = list[where.Index] // one of a few words
	}
	mistaken := p.ID == proxy.FlagValue || p.ID == proxy.DurationUnit
	if mistaken && !looksSecret(list[where.Index]) { // no secret has a value that has to be read
		text = clip(list[where.Index])
	}
	if where.Index+1 < len(list) && mistaken && !strings.Contains(text, "=") && !looksSecret(list[where.Index+1]) {
		text += " " + clip(list[where.Index+1])
	}
	return quote(fmt.Sprintf("%s.%s[%d]", s.Path, where.List, where.Index), text)
}

// shownVariable is a variable without its value, unless that has to be a number, a
// duration or true or false.
func (s *subject) shownVariable(p *proxy.Problem) string {
	name := p.Where.Name
	for i := range s.Container.Env {
		e := &s.Container.Env[i]
		if e.Name != name {
			continue
		}
		if e.ValueFrom == nil && (p.ID == proxy.EnvValue || p.ID == proxy.DurationUnit) && !looksSecret(e.Value) {
			return name + "=" + clip(e.Value)
		}
	}
	return name + "=…"
}

// shownAll is the whole command line.
func (s *subject) shownAll() string {
	words := make([]string, 0, len(s.Container.Command)+len(s.Container.Args))
	secret := false
	for _, arg := range slices.Concat(s.Container.Command, s.Container.Args) {
		word := "…"
		if !secret {
			word = s.shownArgument(arg)
		}
		words = append(words, word)
		secret = secretFollows(arg)
	}
	if len(words) == 0 {
		return "neither command nor args"
	}
	return clip(strings.Join(words, " "))
}

// shownArgument is an argument as it stands in the template, if one of the proxies takes
// it as it is and it holds no secret; without its value else.
func (s *subject) shownArgument(arg string) string {
	if harmless(arg) {
		return clip(arg)
	}
	name, _, hasValue := strings.Cut(arg, "=")
	switch {
	case looksSecret(name) || len(name) > 64:
		return "…"
	case strings.HasPrefix(arg, "-") && hasValue:
		return name + "=…"
	case strings.HasPrefix(arg, "--"):
		return arg
	case strings.HasPrefix(arg, "-"):
		return arg[:min(2, len(arg))] + "…" // what follows a letter may be its value
	}
	return s.shownInstance(arg)
}

// shownInstance is an instance without the values of keys that no proxy knows.
func (s *subject) shownInstance(arg string) string {
	name, rest, found := strings.Cut(arg, "?")
	if !strings.ContainsAny(name, ":/.") {
		return "…" // a token that lost its flag, say
	}
	if !found {
		return clip(name)
	}
	keys := strings.Split(rest, "&")
	for i, key := range keys {
		if word, _, hasValue := strings.Cut(key, "="); hasValue && (!isQueryKey(word) || looksSecret(key)) {
			keys[i] = word + "=…"
		}
	}
	return clip(name + "?" + strings.Join(keys, "&"))
}

// shownName is an instance's name, or a path. A long word without the marks of one may be a
// token that lost its flag.
func shownName(name string) string {
	_, err := proxy.ParseName(proxy.V2, name)
	if looksSecret(name) || len(name) > 40 && err != nil && !strings.ContainsAny(name, ":/") {
		return proxy.Secret(name).String()
	}
	return clip(name)
}

// isQueryKey reports whether a proxy knows a key of instances: none of them is secret.
func isQueryKey(word string) bool {
	for engine, name := range map[proxy.Engine]string{proxy.V2: "p:r:i", proxy.AlloyDB: "projects/p/locations/r/clusters/c/instances/i"} {
		_, problems := proxy.Parse(proxy.Program{Engine: engine}, []string{name + "?" + word}, nil)
		if !slices.ContainsFunc(problems, func(p proxy.Problem) bool { return p.ID == proxy.QueryUnknown || p.ID == proxy.InstanceOptions }) {
			return true
		}
	}
	return false
}

// harmless reports whether one of the proxies takes an argument, and holds no secret
// then.
func harmless(arg string) bool {
	if looksSecret(arg) {
		return false
	}
	for _, engine := range []proxy.Engine{proxy.V1, proxy.V2, proxy.AlloyDB} {
		spec, problems := proxy.Parse(proxy.Program{Engine: engine}, []string{arg}, nil)
		k := &spec.Credentials
		understood := !slices.ContainsFunc(problems, func(p proxy.Problem) bool {
			return slices.Contains([]proxy.ID{proxy.FlagUnknown, proxy.FlagOther, proxy.FlagValue, proxy.DurationUnit, proxy.ArgumentIgnored,
				proxy.InstanceName, proxy.InstanceOther, proxy.InstanceOptions, proxy.QueryUnknown, proxy.QueryValue}, p.ID)
		})
		if understood && k.Token == "" && k.JSON == "" && k.LoginToken == "" && len(spec.Extra) == 0 {
			return true
		}
	}
	return false
}

// secretFollows reports whether the next argument is a secret: the value of a flag
// without a =, even of one that is not known.
func secretFollows(arg string) bool {
	name, _, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	if !strings.HasPrefix(arg, "-") || hasValue {
		return false
	}
	return name == "t" || name == "j" || strings.Contains(name, "tok") || strings.Contains(name, "json")
}

// looksSecret reports whether a text has the marks of a token or a key.
func looksSecret(text string) bool {
	for _, mark := range []string{"PRIVATE KEY", "{", "ya29.", "eyJ", "private_key"} {
		if strings.Contains(text, mark) {
			return true
		}
	}
	return false
}

// clip is a text that is not too long to be read.
func clip(text string) string { return clipTo(text, shownBytes) }

func clipTo(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
