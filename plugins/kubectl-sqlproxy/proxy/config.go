package proxy

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/kubechores/kubechores/pkg/finding"
)

// ReadConfig reads the keys of a configuration file of v2 or AlloyDB, by the end of
// its name: .yaml, .yml or .json. Of .toml it reads what such a file has to hold, lines
// of key = value. The error holds nothing of the file.
func ReadConfig(name string, data []byte) ([]Variable, error) {
	switch ext := path.Ext(name); ext {
	case ".toml":
		return readTOML(string(data))
	case ".yaml", ".yml", ".json":
		keys := map[string]any{}
		if err := yaml.Unmarshal(data, &keys); err != nil {
			return nil, fmt.Errorf("the configuration file %s is not %s: check it by a linter", quote(name), strings.ToUpper(ext[1:]))
		}
		settings := []Variable{}
		for key, value := range keys {
			settings = append(settings, Variable{strings.ToLower(key), Secret(scalar(value))})
		}
		slices.SortFunc(settings, func(a, b Variable) int { return strings.Compare(a.Name, b.Name) })
		return settings, nil
	}
	return nil, fmt.Errorf("the configuration file %s must end in .toml, .yaml, .yml or .json: the proxy does not start else", quote(name))
}

// scalar writes a value as the proxy would hand it to a flag; numbers without
// exponents.
func scalar(value any) string {
	if f, ok := value.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

func readTOML(text string) ([]Variable, error) {
	settings := []Variable{}
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		key = strings.Trim(strings.TrimSpace(key), `"'`)
		text, read := tomlValue(strings.TrimSpace(value))
		if !ok || !read || key == "" {
			return nil, fmt.Errorf("line %d of the configuration file is no key = value: write every key so, without tables and lists", n+1)
		}
		settings = append(settings, Variable{strings.ToLower(key), Secret(text)})
	}
	return settings, nil
}

// tomlValue reads a string, or a word such as a number or a boolean.
func tomlValue(value string) (string, bool) {
	switch {
	case value == "" || strings.HasPrefix(value, `"""`) || strings.HasPrefix(value, "'''") || value[0] == '[' || value[0] == '{':
		return "", false
	case value[0] == '"':
		quoted, err := strconv.QuotedPrefix(value)
		if err != nil {
			return "", false
		}
		text, err := strconv.Unquote(quoted)
		return text, err == nil && onlyComment(value[len(quoted):])
	case value[0] == '\'':
		text, rest, ok := strings.Cut(value[1:], "'")
		return text, ok && onlyComment(rest)
	}
	word, _, _ := strings.Cut(value, "#")
	word = strings.TrimSpace(word)
	return strings.ReplaceAll(word, "_", ""), !strings.ContainsAny(word, " \t\"'")
}

func onlyComment(rest string) bool {
	rest = strings.TrimSpace(rest)
	return rest == "" || rest[0] == '#'
}

// config reads the file's keys: flags and environment win over it.
func (r *reader) config(settings []Variable) {
	if settings == nil {
		if r.spec.ConfigFile != "" {
			r.add(ConfigUnread, finding.Skipped, r.place("config-file"), "what the configuration file says is not known here", "read it, too")
		}
		return
	}
	r.spec.ConfigFile = ""
	values := map[string]int{}
	for i, v := range settings {
		where := Place{Config, i, quoteless(v.Name)}
		o := r.byName(v.Name)
		said := false
		if o != nil {
			_, said = r.said[o.name]
		}
		switch {
		case r.instanceVariable(strings.ToUpper(strings.ReplaceAll(v.Name, "-", "_"))) >= 0:
			values[v.Name] = i
			r.spec.Settings = append(r.spec.Settings, v)
		case o == nil || o.noEnv:
			r.add(ConfigUnknown, finding.Error, where, "the proxy does not know the key, and ignores it in silence", "leave it out")
			r.spec.Settings = append(r.spec.Settings, v)
		case said:
			r.add(OptionIgnored, finding.Info, where, "it is said by a flag or the environment, too, and that wins", "say it once")
		default:
			if err := setField(o.field(&r.spec), string(v.Value)); err != nil {
				r.add(ConfigValue, finding.Error, where, "the value cannot be read, "+err.Error()+", and the proxy ignores it in silence", fixOf(err))
				r.spec.Settings = append(r.spec.Settings, v)
				continue
			}
			r.said[o.name] = where
			r.tooNew(o, where)
		}
	}
	r.configInstances(settings, values)
}

func (r *reader) configInstances(settings []Variable, at map[string]int) {
	byOthers := len(r.spec.Instances) > 0
	key, used := r.instanceKey, map[string]bool{}
	take := func(name string) bool {
		i, ok := at[name]
		if !ok || settings[i].Value == "" || byOthers {
			return false
		}
		used[name] = true
		r.instance(string(settings[i].Value), Place{Config, i, name})
		return true
	}
	if take(key) || take(key+"-0") {
		for n := 1; take(key + "-" + strconv.Itoa(n)); n++ {
		}
	}
	for i, v := range settings {
		if _, ok := at[v.Name]; ok && !used[v.Name] && v.Value != "" {
			r.add(ConfigValue, finding.Error, Place{Config, i, v.Name}, "the proxy ignores this instance: it counts from "+key+" or "+key+"-0 up to the first gap, where arguments and environment name none",
				"count from 0 without a gap, and name all instances in one place")
		}
	}
	r.spec.Settings = without(r.spec.Settings, used)
}
