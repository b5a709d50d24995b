package snapshot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// Close joins what was added. It may be called again when more has been added.
func (s *Snapshot) Close() {
	s.Proxies = nil
	slices.SortStableFunc(s.Events, func(a, b *Event) int { return a.Last.Compare(b.Last) })
	slices.SortStableFunc(s.Workloads, func(a, b *Workload) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind))
	})
	for _, w := range s.Workloads {
		found := s.proxiesOf(w)
		if len(found) > 0 {
			s.join(w)
		}
		for _, p := range found {
			s.attach(p)
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
			spec, problems, ok := proxy.ParseContainer(s.container(w.Namespace, c))
			if !ok {
				continue
			}
			all = append(all, &Proxy{
				Workload: w, Container: c, Path: fmt.Sprintf("%s%s[%d]", prefix, list, i), Init: init,
				Native: init && c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways,
				Spec:   spec, Problems: problems,
			})
		}
	}
	add("initContainers", pod.InitContainers, true)
	add("containers", pod.Containers, false)
	return all
}

// container is what the proxy is told, with what can be known of its environment.
func (s *Snapshot) container(namespace string, c *corev1.Container) proxy.Container {
	in := proxy.Container{Image: c.Image, Command: c.Command, Args: c.Args}
	for _, from := range c.EnvFrom {
		if from.ConfigMapRef == nil {
			continue
		}
		if m := Find(s.ConfigMaps, namespace, from.ConfigMapRef.Name); m != nil {
			for _, name := range sortedKeys(m.Value.Data) {
				in.Env = append(in.Env, proxy.Variable{Name: from.Prefix + name, Value: proxy.Secret(m.Value.Data[name])})
			}
		}
	}
	for _, e := range c.Env {
		switch {
		case e.ValueFrom == nil:
			in.Env = append(in.Env, proxy.Variable{Name: e.Name, Value: proxy.Secret(e.Value)})
		case e.ValueFrom.ConfigMapKeyRef != nil:
			ref := e.ValueFrom.ConfigMapKeyRef
			if m := Find(s.ConfigMaps, namespace, ref.Name); m != nil {
				if value, ok := m.Value.Data[ref.Key]; ok {
					in.Env = append(in.Env, proxy.Variable{Name: e.Name, Value: proxy.Secret(value)})
				}
			}
		}
	}
	return in
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// join finds a workload's pods.
func (s *Snapshot) join(w *Workload) {
	if w.Kind == "Pod" {
		return
	}
	w.Pods = nil
	for _, p := range s.Pods {
		if p.Namespace == w.Namespace && controlled(&p.Value.ObjectMeta) && w.Selector.Matches(labels.Set(p.Value.Labels)) {
			w.Pods = append(w.Pods, p)
		}
	}
}

// attach finds what concerns a proxy.
func (s *Snapshot) attach(p *Proxy) {
	set := labels.Set(p.Template.Labels)
	for _, o := range s.Services {
		if o.Namespace == p.Namespace && len(o.Value.Spec.Selector) > 0 && labels.SelectorFromSet(o.Value.Spec.Selector).Matches(set) {
			p.Services = append(p.Services, o)
		}
	}
	for _, o := range s.Budgets {
		if o.Namespace == p.Namespace && matches(o.Value.Spec.Selector, set) {
			p.Budgets = append(p.Budgets, o)
		}
	}
	for _, o := range s.Policies {
		types := o.Value.Spec.PolicyTypes
		if o.Namespace == p.Namespace && matches(&o.Value.Spec.PodSelector, set) && (len(types) == 0 || slices.Contains(types, networkingv1.PolicyTypeIngress)) {
			p.Policies = append(p.Policies, o)
		}
	}
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
	p.Shared = !p.RunsToEnd() && (alone(p) || p.Pooler != nil && len(p.Services) > 0 || p.served())
}

func (p *Proxy) hasPod(name string) bool {
	return slices.ContainsFunc(p.Pods, func(pod *Pod) bool { return pod.Name == name })
}

func matches(selector *metav1.LabelSelector, set labels.Set) bool {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(set)
}

// alone reports whether nothing but proxies, and what meshes put beside them, is in the
// pod.
func alone(p *Proxy) bool {
	for i := range p.Template.Spec.Containers {
		c := &p.Template.Spec.Containers[i]
		_, _, isProxy := proxy.ParseContainer(proxy.Container{Image: c.Image, Command: c.Command})
		if !isProxy && !slices.Contains([]string{"istio-proxy", "linkerd-proxy"}, c.Name) {
			return false
		}
	}
	return true
}

// poolerOf is the connection pooler in a proxy's pod.
func poolerOf(p *Proxy) *corev1.Container {
	for i := range p.Template.Spec.Containers {
		c := &p.Template.Spec.Containers[i]
		for _, name := range []string{"pgbouncer", "pgpool", "pgcat", "odyssey", "proxysql", "haproxy"} {
			if strings.Contains(strings.ToLower(c.Image+" "+c.Name), name) {
				return c
			}
		}
	}
	return nil
}

// served reports whether a Service leads to one of the proxy's own ports.
func (p *Proxy) served() bool {
	for _, o := range p.Services {
		for _, port := range o.Value.Spec.Ports {
			if number, ok := p.TargetPort(port); ok && p.hears(number) {
				return true
			}
		}
	}
	return false
}

func (p *Proxy) hears(port int) bool {
	return slices.ContainsFunc(p.Listeners(), func(l proxy.Listener) bool {
		return l.Role == proxy.RoleDatabase && l.Port == port && port != 0
	})
}

// TargetPort is the port of the pods that a port of a Service leads to; false where it
// is a name that no container has.
func (p *Proxy) TargetPort(port corev1.ServicePort) (int, bool) {
	switch {
	case port.TargetPort.StrVal != "":
		for _, c := range p.Template.Spec.Containers {
			for _, named := range c.Ports {
				if named.Name == port.TargetPort.StrVal {
					return int(named.ContainerPort), true
				}
			}
		}
		return 0, false
	case port.TargetPort.IntVal != 0:
		return int(port.TargetPort.IntVal), true
	}
	return int(port.Port), true
}
