package diagnose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
)

// publish makes the report: of the subjects, and of what was found.
func (c *checker) publish() *finding.Report {
	r := &finding.Report{Check: "sqlproxy", CheckedAt: c.Now}
	for _, s := range c.subjects {
		// Two proxies of one workload, as sidecars, are one subject.
		if n := len(r.Subjects); n > 0 && r.Subjects[n-1].Object == s.Object {
			r.Subjects[n-1].Links = append(r.Subjects[n-1].Links, c.links(s)...)
			continue
		}
		r.Subjects = append(r.Subjects, finding.Subject{Link: finding.Link{Object: s.Object, State: c.state(s), Links: c.links(s)}, Facts: c.facts(s)})
	}
	r.Findings = make([]finding.Finding, 0, len(c.found))
	for _, f := range c.found {
		r.Findings = append(r.Findings, f.Finding)
	}
	return r
}

// state is how a workload says it is.
func (c *checker) state(s *subject) string {
	kind := "shared"
	if !s.Shared {
		kind = "sidecar"
	}
	kind += ", " + string(s.Spec.Engine)
	if s.Spec.Version.Known() {
		kind += " " + s.Spec.Version.String()
	}
	if c.Files && len(s.Pods) == 0 || s.Replicas < 0 {
		return kind
	}
	return fmt.Sprintf("%s, %d/%d ready", kind, s.ready(), s.Replicas)
}

// ready is how many of its pods are.
func (s *subject) ready() int {
	n := 0
	for _, p := range s.livePods() {
		for _, condition := range p.Value.Status.Conditions {
			if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
				n++
			}
		}
	}
	return n
}

// links are what the proxy depends on, and all else that something was found about.
func (c *checker) links(s *subject) []finding.Link {
	var all []finding.Link
	seen := map[finding.Object]bool{s.Object: true}
	visit := func(o finding.Object, state string) {
		if !seen[o] {
			seen[o] = true
			all = append(all, finding.Link{Object: o, State: state})
		}
	}
	for _, o := range s.Services {
		visit(o.Object, serviceState(&o.Value))
	}
	for _, o := range s.Budgets {
		visit(o.Object, "")
	}
	for _, o := range s.Policies {
		visit(o.Object, "")
	}
	for _, o := range s.objects {
		visit(o, "")
	}
	return all
}

func serviceState(o *corev1.Service) string {
	ports := make([]string, 0, len(o.Spec.Ports))
	for _, p := range o.Spec.Ports {
		target := p.TargetPort.String()
		if target == "0" || target == "" {
			target = fmt.Sprint(p.Port)
		}
		ports = append(ports, fmt.Sprintf("%d -> %s", p.Port, target))
	}
	return strings.Join(ports, ", ")
}

// facts are the columns of a subject.
func (c *checker) facts(s *subject) []finding.Fact {
	instances := make([]string, 0, len(s.Spec.Instances))
	for _, i := range s.Spec.Instances {
		instances = append(instances, shownName(i.Name))
	}
	services := make([]string, 0, len(s.Services))
	for _, o := range s.Services {
		services = append(services, o.Name)
	}
	engine := string(s.Spec.Engine)
	if s.Spec.Version.Known() {
		engine += " " + s.Spec.Version.String()
	}
	ready := finding.Fact{Name: "ready"}
	if !(c.Files && len(s.Pods) == 0) && s.Replicas >= 0 {
		ready.Text, ready.Value = fmt.Sprintf("%d/%d", s.ready(), s.Replicas), s.ready()
	}
	facts := []finding.Fact{
		{Name: "proxy", Text: engine},
		ready,
		{Name: "services", Text: strings.Join(services, ","), Value: services},
		{Name: "instances", Text: strings.Join(instances, ","), Value: instances},
	}
	if answers := s.answers(); len(answers) > 0 {
		facts = append(facts, finding.Fact{Name: "answers", Text: strings.Join(answers, ","), Value: answers})
	}
	return facts
}

// answers are the engines that a look at the wire has found, by port: "5432 postgres".
func (s *subject) answers() []string {
	var all []string
	for _, p := range s.Probes {
		if text := fmt.Sprintf("%d %s", p.Port, p.Got); p.Got != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	slices.Sort(all)
	return all
}
