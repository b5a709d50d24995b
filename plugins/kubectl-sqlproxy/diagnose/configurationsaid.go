package diagnose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// checkProblem makes a finding of what package proxy has found wrong.
func (c *checker) checkProblem(s *subject, p proxy.Problem) {
	switch {
	case p.ID == proxy.FlagOther || p.ID == proxy.InstanceMissing && s.namedByOther():
		return // see checkOtherFlags
	case p.ID == proxy.Unexpanded:
		c.checkUnexpanded(s, p)
		return
	}
	c.add(s, partOf(p), finding.Finding{
		ID: string(p.ID), Severity: p.Severity, Object: s.Object,
		What: s.toldOf(p) + ": " + p.What + ".", Evidence: s.argumentAt(&p), Fix: s.fixOf(p),
	})
}

// toldOf names what a problem is about: "Container proxy is told --adress".
func (s *subject) toldOf(p proxy.Problem) string {
	name := p.Where.Name
	switch p.Where.List {
	case proxy.Env:
		return fmt.Sprintf("Container %s has the variable %s", s.Container.Name, name)
	case proxy.Config:
		return fmt.Sprintf("The configuration file of container %s has the key %s", s.Container.Name, name)
	case "":
		if strings.HasPrefix(name, "-") {
			return fmt.Sprintf("Container %s, %s", s.Container.Name, name)
		}
		return "Container " + s.Container.Name
	}
	if name == "" {
		name = fmt.Sprintf("%s[%d]", p.Where.List, p.Where.Index)
		if shown := s.argumentAt(&p); len(shown) > 0 && shown[0].Text != "…" {
			name = shown[0].Text
		}
	}
	return fmt.Sprintf("Container %s is told %s", s.Container.Name, name)
}

// partOf says whether a problem keeps clients from being served: an Error does, unless the
// proxy ignores what is wrong in silence, and goes on without it.
func partOf(p proxy.Problem) part {
	ignored := slices.Contains([]proxy.ID{proxy.EnvUnknown, proxy.EnvValue, proxy.ConfigUnknown, proxy.ConfigValue, proxy.QueryUnknown, proxy.QueryNewer}, p.ID) ||
		p.Where.List != proxy.Args && p.Where.List != proxy.Command && (p.ID == proxy.FlagNewer || p.ID == proxy.DurationUnit)
	if p.Severity == finding.Error && !ignored {
		return blocks
	}
	return aside
}

// fixOf is what to do about a problem, and how to get at it.
func (s *subject) fixOf(p proxy.Problem) []finding.Step {
	if p.ID == proxy.ConfigUnread {
		return []finding.Step{do("Mount it from a ConfigMap that may be read, and which is among the files that are checked: then its keys are judged, too.")}
	}
	fix := []finding.Step{do(sentence(p.Fix))}
	if p.ID == proxy.InstanceOther && s.Spec.Engine == proxy.V2 && strings.Contains(p.What, "v1's") {
		fix = append(fix, do("Or turn all of v1's command line into v2's:"), s.convert())
	}
	if p.Where.List == proxy.Env && !s.setsVariable(p.Where.Name) {
		fix = append(fix, do("The variable comes from a ConfigMap that envFrom names: change it there, and restart the pods."))
	}
	return fix
}

func (s *subject) setsVariable(name string) bool {
	return slices.ContainsFunc(s.Container.Env, func(e corev1.EnvVar) bool { return e.Name == name })
}

// sentence makes a sentence of advice that is written as a part of one.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	end := "."
	if strings.HasSuffix(text, "?") || strings.HasSuffix(text, ".") {
		end = ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + end
}

// checkOtherFlags finds flags of another proxy. One manifest mostly has all of one kind,
// so they are one finding.
func (c *checker) checkOtherFlags(s *subject) {
	var names []string
	var evidence []finding.Evidence
	var advice []finding.Step
	v1 := false
	for _, p := range s.Problems {
		if p.ID != proxy.FlagOther {
			continue
		}
		v1 = v1 || strings.Contains(p.Fix, "v1's flag")
		names = append(names, p.Where.Name)
		evidence = append(evidence, s.argumentAt(&p)...)
		_, fix, found := strings.Cut(p.Fix, "'s flag: ")
		if !found {
			fix = p.Fix
		}
		advice = append(advice, do(p.Where.Name+": "+fix+"."))
	}
	if len(names) == 0 {
		return
	}
	f := finding.Finding{
		ID: string(proxy.FlagOther), Severity: finding.Error, Object: s.Object, Evidence: evidence, Fix: advice,
		What: fmt.Sprintf("Container %s runs %s and is told %s, which that does not know: it does not start.", s.Container.Name, s.program(), series(names)),
	}
	switch {
	case v1 && s.Spec.Engine == proxy.V2:
		f.What = fmt.Sprintf("Container %s runs %s and is told %s of v1, which v2 does not know: it does not start.", s.Container.Name, s.program(), series(names))
		f.Cause = "The image was changed from v1 to v2, and its flags were not: v2 has others, and names instances without a flag."
		f.Fix = append([]finding.Step{do("Turn the flags into v2's; this says all that is different, too:"), s.convert()}, advice...)
	case s.Spec.Engine == proxy.V1:
		f.Fix = append(advice, do("Or use v2's image, cloud-sql-proxy, for all of them."))
	}
	c.add(s, blocks, f)
}

// namedByOther reports whether instances are named as another proxy wants them.
func (s *subject) namedByOther() bool {
	return slices.ContainsFunc(s.Problems, func(p proxy.Problem) bool {
		return p.ID == proxy.FlagOther && strings.HasSuffix(p.Where.Name, "nstances")
	})
}

// program is which proxy it is: "v2 2.25.3".
func (s *subject) program() string {
	name := string(s.Spec.Engine)
	if s.Spec.Engine == proxy.AlloyDB {
		name = "the AlloyDB Auth Proxy"
	}
	if s.Spec.Version.Known() {
		name += " " + s.Spec.Version.String()
	}
	return name
}

// checkUnexpanded judges a variable in an argument whose value is not known here: that is
// nothing where it comes from a Secret, and a fault where nothing defines it.
func (c *checker) checkUnexpanded(s *subject, p proxy.Problem) {
	if p.Where.List == proxy.Env { // the snapshot's: what it says is in a Secret, mostly
		c.add(s, aside, finding.Finding{ID: string(p.ID), Severity: p.Severity, Object: s.Object, What: s.toldOf(p) + ": " + p.What + ".", Evidence: s.argumentAt(&p)})
		return
	}
	name := variableIn(s.rawArgument(p.Where))
	if name == "" {
		return
	}
	e := s.variable(name)
	f := finding.Finding{ID: string(proxy.Unexpanded), Object: s.Object, Evidence: s.argumentAt(&p)}
	switch {
	case e != nil && e.ValueFrom != nil && e.ValueFrom.ConfigMapKeyRef != nil:
		ref := e.ValueFrom.ConfigMapKeyRef
		f.Severity = finding.Skipped
		f.What = fmt.Sprintf("Variable %s of container %s comes from key %q of ConfigMap %q, which is not known here: what the argument says is not checked.", name, s.Container.Name, ref.Key, ref.Name)
		c.add(s, aside, f)
	case e != nil || s.mayHave(name):
		// A Secret, or what Kubernetes makes of a Service or the pod.
		f.Severity = finding.Skipped
		f.What = fmt.Sprintf("The value of variable %s of container %s is not known here: what the argument says is not checked.", name, s.Container.Name)
		if e == nil || e.ValueFrom == nil || e.ValueFrom.SecretKeyRef == nil || !secretFlag(s.rawArgument(p.Where)) {
			c.add(s, aside, f)
		}
	default:
		f.Severity = finding.Error
		f.What = fmt.Sprintf("Container %s is told $(%s), and no variable of that name is defined: the proxy gets these very characters.", s.Container.Name, name)
		f.Cause = "Kubernetes puts in variables of the container's env and envFrom alone, and leaves others as they are written."
		f.Fix = []finding.Step{do(fmt.Sprintf("Define %s in env of container %s, or write the value itself.", name, s.Container.Name))}
		c.add(s, blocks, f)
	}
}

// rawArgument is an argument as the template has it.
func (s *subject) rawArgument(where proxy.Place) string {
	list := s.Container.Args
	if where.List == proxy.Command {
		list = s.Container.Command
	}
	if where.Index < 0 || where.Index >= len(list) {
		return ""
	}
	return list[where.Index]
}

// variableIn is the name of the first $(NAME) in a text, "" for none.
func variableIn(text string) string {
	_, rest, _ := strings.Cut(text, "$(")
	name, _, closed := strings.Cut(rest, ")")
	if !closed {
		return ""
	}
	return name
}

// secretFlag reports whether an argument is one that takes a secret: its variable is not
// to be known.
func secretFlag(arg string) bool {
	name, _, _ := strings.Cut(arg, "=")
	return secretFollows(name)
}

// variable is what env says of a name; nil if it says nothing.
func (s *subject) variable(name string) *corev1.EnvVar {
	for i := len(s.Container.Env) - 1; i >= 0; i-- {
		if s.Container.Env[i].Name == name {
			return &s.Container.Env[i]
		}
	}
	return nil
}

// mayHave reports whether a variable may come from where nobody has looked: envFrom, or a
// Service of the namespace.
func (s *subject) mayHave(name string) bool {
	links := s.Template.Spec.EnableServiceLinks
	return len(s.Container.EnvFrom) > 0 || (links == nil || *links) && strings.Contains(name, "_SERVICE_")
}
