package proxy

import "strings"

// option is a flag, and the field that it sets.
type option struct {
	name   string
	short  byte // 0 for none
	since  Version
	alias  string
	secret bool // to be said by the environment, where it is not seen in lists of processes
	noEnv  bool // v2: not read from the environment, nor from the file
	field  func(*Spec) any
}

// query is a key of what follows an instance's name, and the field that it sets.
type query struct {
	name  string
	since Version
	field func(*Instance) any
}

// dialect is how an engine is spoken to.
type dialect struct {
	options []option
	queries []query
	// exits are the flags that print something and end.
	exits []string
	// commands are first arguments that run something else.
	commands []string
	// envPrefix is put before options, "" where there are none in the environment.
	envPrefix string
	// instanceKey names the instances in the environment, after the prefix, and in the file.
	instanceKey string
	dashes      string
}

func dialectOf(e Engine) *dialect {
	switch e {
	case V1:
		return &v1Dialect
	case AlloyDB:
		return &alloydbDialect
	}
	return &v2Dialect
}

func (d *dialect) byName(name string) *option {
	for i := range d.options {
		if o := &d.options[i]; o.name == name || o.alias != "" && o.alias == name {
			return o
		}
	}
	return nil
}

func (d *dialect) byShort(letter byte) *option {
	for i := range d.options {
		if d.options[i].short == letter {
			return &d.options[i]
		}
	}
	return nil
}

func (d *dialect) byEnv(variable string) *option {
	name, ok := strings.CutPrefix(variable, d.envPrefix)
	if d.envPrefix == "" || !ok || strings.Contains(name, "-") || name != strings.ToUpper(name) {
		return nil
	}
	return d.byName(strings.ToLower(strings.ReplaceAll(name, "_", "-")))
}

func (d *dialect) queryByName(name string) *query {
	for i := range d.queries {
		if d.queries[i].name == name {
			return &d.queries[i]
		}
	}
	return nil
}

// env is the variable of an option.
func (d *dialect) env(o *option) string {
	return d.envPrefix + strings.ToUpper(strings.ReplaceAll(o.name, "-", "_"))
}

// flag is an option as users write it.
func (d *dialect) flag(o *option) string { return d.dashes + o.name }

// isBool reports whether an option needs no value.
func (o *option) isBool() bool {
	switch o.field(&Spec{}).(type) {
	case *bool, *Optional[bool]:
		return true
	}
	return false
}

// names are the flags' names.
func (d *dialect) names() []string {
	names := make([]string, 0, len(d.options))
	for _, o := range d.options {
		names = append(names, o.name)
	}
	return names
}

// queryNames are the names of an instance's keys.
func (d *dialect) queryNames() []string {
	names := make([]string, 0, len(d.queries))
	for _, q := range d.queries {
		names = append(names, q.name)
	}
	return names
}
