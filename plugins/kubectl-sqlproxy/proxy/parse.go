package proxy

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
)

// Input is all that a proxy is told.
type Input struct {
	// Args are without the program itself.
	Args []string
	// Env is the environment. Variables that are not the proxy's may be in it.
	Env []Variable
	// Config are the keys of the file that --config-file names, see ReadConfig;
	// nil where they are not known.
	Config []Variable
}

// Parse reads arguments and environment as the program would, and says all that is
// wrong with them. Nothing is lost: what the program does not know or cannot use is
// in Extra, Env, or the instance's Extra.
func Parse(p Program, args []string, env []Variable) (Spec, []Problem) {
	return ParseInput(p, Input{Args: args, Env: env})
}

// ParseInput is Parse, for a program with a configuration file, too. Where the
// file's keys are known, they are in the Spec, which then names no ConfigFile.
func ParseInput(p Program, in Input) (Spec, []Problem) {
	r := &reader{dialect: dialectOf(p.Engine), said: map[string]Place{}}
	r.spec.Program = p
	readArgs, readEnv := r.args, r.env
	if p.Engine == V1 {
		readArgs, readEnv = r.v1Args, r.v1Env
	}
	if !readArgs(in.Args) {
		r.spec.Env = append(r.spec.Env, in.Env...)
		return r.spec, r.problems
	}
	readEnv(in.Env)
	r.config(in.Config)
	r.validate()
	return r.spec, r.problems
}

// reader collects a Spec, and what is wrong on the way.
type reader struct {
	*dialect
	spec     Spec
	problems []Problem
	said     map[string]Place // where options were said, by their names
	places   []Place          // where instances were said, as in spec.Instances
}

func (r *reader) add(id ID, severity finding.Severity, where Place, what, fix string) {
	r.problems = append(r.problems, Problem{id, severity, where, what, fix})
}

// place says where an option was said.
func (r *reader) place(option string) Place {
	if place, ok := r.said[option]; ok {
		return place
	}
	return Place{Name: r.dashes + option}
}

// set sets an option by a flag. What cannot be used is kept as it was said.
func (r *reader) set(o *option, text string, index int) {
	where := Place{Args, index, r.flag(o)}
	if before, ok := r.said[o.name]; ok {
		r.add(FlagRepeated, finding.Warning, where, fmt.Sprintf("%s is said at %s, too, and the last one counts", r.flag(o), before), "say it once")
	}
	r.said[o.name] = where
	r.tooNew(o, where)
	if err := setField(o.field(&r.spec), text); err != nil {
		id := FlagValue
		if err == errUnit {
			id = DurationUnit
		}
		r.add(id, finding.Error, where, "the value cannot be read, "+err.Error()+", and the proxy does not start", fixOf(err))
		r.extra(r.flag(o) + "=" + text)
	}
}

func (r *reader) extra(args ...string) {
	for _, arg := range args {
		r.spec.Extra = append(r.spec.Extra, Secret(arg))
	}
}

// tooNew reports an option that the version does not know yet.
func (r *reader) tooNew(o *option, where Place) {
	if !r.spec.Version.Before(o.since) {
		return
	}
	does := "does not start"
	if where.List != Args {
		does = "ignores it"
	}
	r.add(FlagNewer, finding.Error, where, fmt.Sprintf("it came with version %s, and %s, as the image is, %s", o.since, r.spec.Version, does),
		fmt.Sprintf("use an image of %s or newer, or leave it out", o.since))
}

// fixOf says what to do about a value.
func fixOf(err error) string {
	switch err {
	case errUnit:
		return "add the unit, as in 30s"
	case errDuration:
		return "write a duration with its unit, as in 30s or 1m30s"
	case errBool:
		return "write true or false"
	}
	return "write a whole number"
}
