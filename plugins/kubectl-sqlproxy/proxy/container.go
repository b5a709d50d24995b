package proxy

import (
	"fmt"
	"path"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// Container is how a pod starts a proxy.
type Container struct {
	Image   string
	Command []string // in place of the image's entry point; nil for that
	Args    []string
	// Env are the variables whose values are known, in order.
	Env []Variable
	// Config are the keys of the configuration file, nil where they are not known.
	Config []Variable
}

// ParseContainer says which program a container starts, and reads what it is told,
// with variables put in for $(NAME) as Kubernetes does. It is false where the
// container is no proxy.
func ParseContainer(c Container) (Spec, []Problem, bool) {
	program, isImage := Identify(c.Image)
	command := expandAll(c.Command, c.Env)
	var binary Engine
	if len(command) > 0 {
		binary = binaries[path.Base(command[0])]
	}
	if !isImage && binary == "" {
		return Spec{}, nil, false
	}
	var found []Problem
	add := func(where Place, what, fix string) {
		found = append(found, Problem{BinaryOther, finding.Error, where, what, fix})
	}
	switch {
	case isImage && binary != "" && binary != program.Engine:
		add(Place{Command, 0, ""}, "the image is "+string(program.Engine)+"'s and the program "+string(binary)+"'s, which is not in it: the container does not start", "use the image of the program, or the program of the image")
		program = Program{Engine: binary}
	case isImage && binary == "" && len(command) > 0:
		add(Place{Command, 0, ""}, "this is not the proxy, and what it does is not known here", "start the proxy itself")
		return Spec{Program: program}, found, true
	case isImage && program.Engine == V1 && len(command) == 0 && (len(c.Args) == 0 || binaries[path.Base(c.Args[0])] != V1):
		add(Place{Name: "command"}, "v1's image has no entry point, so the container does not start", `write command: ["/cloud_sql_proxy", …]`)
	case !isImage:
		program = Program{Engine: binary}
		if _, tag, ok := strings.Cut(path.Base(c.Image), ":"); ok { // an image of one's own may keep the tag
			program.Version, _ = ParseVersion(tag)
		}
	}
	spec, problems := parseLists(program, c, command)
	return spec, append(found, problems...), true
}

// parseLists reads command and args as one, and says of problems in which they are.
func parseLists(program Program, c Container, command []string) (Spec, []Problem) {
	args := expandAll(c.Args, c.Env)
	skip := 0 // the program itself
	if len(command) == 0 && program.Engine == V1 && len(args) > 0 && binaries[path.Base(args[0])] == V1 {
		skip = 1
	}
	all := args[skip:]
	inCommand := 0
	if len(command) > 0 {
		inCommand = len(command) - 1
		all = append(command[1:len(command):len(command)], args...)
	}
	spec, problems := ParseInput(program, Input{Args: all, Env: c.Env, Config: c.Config})
	for i, arg := range all {
		if name := unexpanded(arg); name != "" {
			problems = append(problems, Problem{Unexpanded, finding.Skipped, Place{List: Args, Index: i}, fmt.Sprintf("the variable %s is not known here, so neither is what the argument says", quote(name)), "read what it comes from, too"})
		}
	}
	for i := range problems {
		where := &problems[i].Where
		switch {
		case where.List != Args:
		case where.Index < inCommand:
			where.List, where.Index = Command, where.Index+1
		default:
			where.Index += skip - inCommand
		}
	}
	return spec, problems
}

// Linux starts no program with longer arguments (execve(2), for pages of 4 KiB). What
// is to be longer is not put in: a few lines of variables in variables would make more
// than memory holds.
const (
	longestArgument = 128 << 10 // bytes
	longestCommand  = 2 << 20
)

func expandAll(texts []string, env []Variable) []string {
	expanded := make([]string, 0, len(texts))
	total := 0
	for _, text := range texts {
		if total <= longestCommand {
			text = Expand(text, env)
			total += len(text)
		}
		expanded = append(expanded, text)
	}
	return expanded
}

// Expand puts variables in for $(NAME), as Kubernetes does; $$ is a dollar, and $(NAME)
// of an unknown name stays.
func Expand(text string, env []Variable) string {
	var b strings.Builder
	for text != "" {
		at := strings.IndexByte(text, '$')
		if at < 0 || at+1 == len(text) || b.Len() > longestArgument {
			b.WriteString(text)
			break
		}
		b.WriteString(text[:at])
		text = text[at:]
		name, rest, closed := strings.Cut(text[1:], ")")
		switch {
		case text[1] == '$':
			b.WriteByte('$')
			text = text[2:]
		case text[1] == '(' && closed:
			b.WriteString(valueOf(name[1:], env))
			text = rest
		default:
			b.WriteByte('$')
			text = text[1:]
		}
	}
	return b.String()
}

func valueOf(name string, env []Variable) string {
	for i := len(env) - 1; i >= 0; i-- {
		if env[i].Name == name {
			return string(env[i].Value)
		}
	}
	return "$(" + name + ")"
}

// unexpanded is the name of a variable that was not put in; "" for none.
func unexpanded(text string) string {
	_, rest, found := strings.Cut(text, "$(")
	name, _, closed := strings.Cut(rest, ")")
	if !found || !closed {
		return ""
	}
	return name
}
