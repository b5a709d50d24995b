package proxy

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// Render writes a Spec as its engine's arguments, without the program itself, and
// environment. The order is the same for every Spec: options, instances, what is not
// understood. Secrets go into the environment, which v1 does not read: there they are
// arguments. What the engine or the Spec's version cannot be told is left out and is
// a Problem; where there is none, Parse reads the same Spec.
func Render(s Spec) (args []string, env []Variable, problems []Problem) {
	w := &writer{spec: &s, dialect: dialectOf(s.Engine)}
	if s.Engine == V1 {
		w.v1Instances()
	}
	w.options()
	if s.Engine != V1 {
		w.instances()
	}
	w.lost()
	for _, v := range s.Settings {
		w.cannot(quoteless(v.Name), "only a configuration file can say it, and the proxy would ignore it", "leave it out")
	}
	for _, e := range s.Extra {
		w.args = append(w.args, string(e))
	}
	if s.Credentials.Default != "" {
		w.env = append(w.env, Variable{adcVariable, Secret(s.Credentials.Default)})
	}
	w.env = append(w.env, w.secrets...)
	w.env = append(w.env, s.Env...)
	return w.args, w.env, w.problems
}

// writer collects a command line.
type writer struct {
	*dialect
	spec     *Spec
	args     []string
	env      []Variable
	secrets  []Variable
	problems []Problem
}

func (w *writer) cannot(name, what, fix string) {
	w.problems = append(w.problems, Problem{Inexpressible, finding.Error, Place{Name: name}, what, fix})
}

// knows reports whether the version knows what came with since, and says so if not.
func (w *writer) knows(name string, since Version) bool {
	if !w.spec.Version.Before(since) {
		return true
	}
	w.cannot(name, fmt.Sprintf("version %s does not know it, and it is left out", w.spec.Version), fmt.Sprintf("use %s or newer", since))
	return false
}

func (w *writer) options() {
	for i := range w.dialect.options {
		o := &w.dialect.options[i]
		text, said := fieldText(o.field(w.spec))
		if !said || !w.knows(w.flag(o), o.since) {
			continue
		}
		if _, isSwitch := o.field(w.spec).(*bool); isSwitch {
			w.args = append(w.args, w.flag(o))
			continue
		}
		if o.secret && w.envPrefix != "" {
			w.secrets = append(w.secrets, Variable{w.dialect.env(o), Secret(text)})
			continue
		}
		w.args = append(w.args, w.flag(o)+"="+text)
	}
}

// instances writes NAME?key=value.
func (w *writer) instances() {
	written := false
	for i := range w.spec.Instances {
		instance := &w.spec.Instances[i]
		if instance.Network != "" {
			w.cannot(shownName(instance.Name), "only v1 can be told a network, and it is left out", "leave the network out")
		}
		text, problem := w.instance(instance)
		if strings.HasPrefix(text, "-") || !written && slices.Contains(w.commands, text) {
			problem = "a name like this is read as something else than an instance"
		}
		if problem != "" {
			w.cannot(shownName(instance.Name), problem+", and it is left out", "correct the name")
			continue
		}
		w.args = append(w.args, text)
		written = true
	}
}

func (w *writer) instance(i *Instance) (text, problem string) {
	if strings.Contains(i.Name, "?") {
		return "", "a name cannot hold a ?"
	}
	if i.Unread != "" {
		return i.Name + "?" + string(i.Unread), ""
	}
	var keys []string
	for j := range w.queries {
		q := &w.queries[j]
		if text, said := fieldText(q.field(i)); said && w.knows(shownName(i.Name)+" "+q.name, q.since) {
			keys = append(keys, q.name+"="+escapeQuery(text))
		}
	}
	for _, v := range i.Extra {
		keys = append(keys, url.QueryEscape(v.Name)+"="+escapeQuery(string(v.Value)))
	}
	if len(keys) == 0 {
		return i.Name, ""
	}
	return i.Name + "?" + strings.Join(keys, "&"), ""
}

// escapeQuery is url.QueryEscape that leaves the slashes of paths and the colons of
// addresses readable; both may stand in a query.
func escapeQuery(text string) string {
	return strings.NewReplacer("%2F", "/", "%3A", ":").Replace(url.QueryEscape(text))
}

func (w *writer) v1Instances() {
	var texts []string
	for i := range w.spec.Instances {
		text, ok := w.spec.Instances[i].v1Text()
		if !ok {
			w.cannot(shownName(w.spec.Instances[i].Name), "v1 cannot be told all of it, and it is left out", "leave a name with tcp:HOST:PORT or unix:PATH")
			continue
		}
		texts = append(texts, text)
	}
	if len(texts) > 0 {
		w.args = append(w.args, "-"+v1Instances+"="+strings.Join(texts, ","))
	}
}

// lost reports what the Spec says and the engine has no flag for.
func (w *writer) lost() {
	rest := *w.spec
	for i := range w.dialect.options {
		clearField(w.dialect.options[i].field(&rest))
	}
	for _, d := range []*dialect{&v1Dialect, &v2Dialect, &alloydbDialect} {
		for i := range d.options {
			o := &d.options[i]
			if _, said := fieldText(o.field(&rest)); said {
				clearField(o.field(&rest))
				w.cannot(d.flag(o), fmt.Sprintf("%s has no such option, and it is left out", w.spec.Engine), "leave it out, or use the other proxy")
			}
		}
	}
	if w.spec.Engine == V1 {
		return
	}
	for _, i := range w.spec.Instances {
		for _, d := range []*dialect{&v2Dialect, &alloydbDialect} {
			for j := range d.queries {
				q := &d.queries[j]
				if _, said := fieldText(q.field(&i)); said && w.queryByName(q.name) == nil {
					w.cannot(shownName(i.Name)+" "+q.name, fmt.Sprintf("%s has no such key, and it is left out", w.spec.Engine), "leave it out")
				}
			}
		}
	}
}

// RenderConfig writes a Spec of v2 or AlloyDB as a configuration file in YAML, which
// holds everything but Extra, the environment, and ConfigFile, which no file can name.
func RenderConfig(s Spec) ([]byte, []Problem) {
	w := &writer{spec: &s, dialect: dialectOf(s.Engine)}
	if s.Engine == V1 {
		w.cannot("config-file", "v1 reads no configuration file", "use arguments")
		return nil, w.problems
	}
	var b strings.Builder
	line := func(key, value string) { fmt.Fprintf(&b, "%s: %s\n", key, yamlString(value)) }
	for i := range w.dialect.options {
		o := &w.dialect.options[i]
		if text, said := fieldText(o.field(&s)); said && !o.noEnv && w.knows(w.flag(o), o.since) {
			line(o.name, text)
		}
	}
	w.instances()
	for i, text := range w.args {
		line(fmt.Sprintf("%s-%d", w.instanceKey, i), text)
	}
	for _, v := range s.Settings {
		line(yamlString(v.Name), string(v.Value))
	}
	w.lost()
	return []byte(b.String()), w.problems
}
