package snapshot

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Close joins what was added. It may be called again when more has been added.
func (s *Snapshot) Close() {
	s.Proxies = nil
	s.single()
	slices.SortStableFunc(s.Events, func(a, b *Event) int { return a.Last.Compare(b.Last) })
	s.events = map[about][]*Event{}
	for _, e := range s.Events {
		of := about{e.Kind, e.Namespace, e.Name}
		s.events[of] = append(s.events[of], e)
	}
	slices.SortStableFunc(s.Workloads, func(a, b *Workload) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind))
	})
	x := s.index()
	for _, w := range s.Workloads {
		found := s.proxiesOf(w)
		if len(found) > 0 && w.Kind != "Pod" { // which has itself
			w.Pods = x.podsOf(w)
		}
		for _, p := range found {
			s.attach(x, p)
		}
		s.Proxies = append(s.Proxies, found...)
	}
}

// proxiesOf are the containers of a workload that run a proxy.
func (s *Snapshot) proxiesOf(w *Workload) []*Proxy {
	var all []*Proxy
	pod := &w.Template.Spec
	prefix := "spec.template.spec."
	switch w.Kind {
	case "Pod":
		prefix = "spec."
	case "CronJob":
		prefix = "spec.jobTemplate.spec.template.spec."
	}
	add := func(list string, containers []corev1.Container, init bool) {
		for i := range containers {
			c := &containers[i]
			p, ok := s.parse(w, c)
			if !ok {
				continue
			}
			p.Path, p.Init, p.Native = fmt.Sprintf("%s%s[%d]", prefix, list, i), init, init && native(c)
			all = append(all, p)
		}
	}
	add("initContainers", pod.InitContainers, true)
	add("containers", pod.Containers, false)
	return all
}

// native reports whether an init container is restarted: it runs beside the others then.
func native(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

// attach finds what concerns a proxy.
func (s *Snapshot) attach(x *index, p *Proxy) {
	p.Services = x.servicesFor(p.Workload)
	p.Budgets = selectedBy(x.budgets, p.Workload)
	p.Policies = selectedBy(x.policies, p.Workload)
	for _, o := range s.Autoscalers {
		if o.Namespace == p.Namespace && o.Value.Spec.ScaleTargetRef.Kind == p.Kind && o.Value.Spec.ScaleTargetRef.Name == p.Name {
			p.Autoscalers = append(p.Autoscalers, o)
		}
	}
	for _, l := range s.Logs {
		if l.Namespace == p.Namespace && l.Container == p.Container.Name && p.hasPod(l.Pod) {
			p.Logs = append(p.Logs, l)
		}
	}
	for _, l := range s.Probes {
		if l.Namespace == p.Namespace && p.hasPod(l.Pod) {
			p.Probes = append(p.Probes, l)
		}
	}
	p.Pooler = poolerOf(p)
	p.Shared = !p.RunsToEnd() && (!p.Init || p.Native) && (alone(p) || p.served())
}

func (p *Proxy) hasPod(name string) bool {
	return slices.ContainsFunc(p.Pods, func(pod *Pod) bool { return pod.Name == name })
}
