package snapshot

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// alone reports whether nothing but proxies, poolers that a Service leads to, and what
// meshes put beside them, is in the pod.
func alone(p *Proxy) bool {
	for i := range p.Template.Spec.Containers {
		c := &p.Template.Spec.Containers[i]
		_, _, isProxy := proxy.ParseContainer(proxy.Container{Image: c.Image, Command: c.Command})
		fits := isProxy || isPooler(c) && len(p.Services) > 0 || slices.Contains([]string{"istio-proxy", "linkerd-proxy"}, c.Name)
		if !fits {
			return false
		}
	}
	return true
}

// poolerOf is the connection pooler in a proxy's pod.
func poolerOf(p *Proxy) *corev1.Container {
	for i := range p.Template.Spec.Containers {
		if c := &p.Template.Spec.Containers[i]; isPooler(c) {
			return c
		}
	}
	return nil
}

func isPooler(c *corev1.Container) bool {
	text := strings.ToLower(c.Image + " " + c.Name)
	if strings.Contains(text, "exporter") {
		return false
	}
	return slices.ContainsFunc([]string{"pgbouncer", "pgpool", "pgcat", "odyssey", "proxysql", "haproxy"}, func(name string) bool {
		return strings.Contains(text, name)
	})
}

// served reports whether a Service leads to one of the proxy's own ports, or to those of
// the pooler in front of it.
func (p *Proxy) served() bool {
	for _, o := range p.Services {
		for _, port := range o.Value.Spec.Ports {
			number, ok := p.TargetPort(port)
			if ok && (p.hears(number) || p.Pooler != nil && declares(p.Pooler, number)) {
				return true
			}
		}
	}
	return false
}

// hears reports whether the proxy hears clients on a port. Where the engine of the
// database decides, it is that of an engine, or one of the next, unless another container
// has it.
func (p *Proxy) hears(port int) bool {
	undecided := 0
	for _, l := range p.Listeners() {
		if l.Role != proxy.RoleDatabase || l.Network == "unix" {
			continue
		}
		if l.Port == port {
			return port != 0
		}
		if l.Port == 0 {
			undecided++
		}
	}
	for _, first := range []int{3306, 5432, 1433} {
		if port >= first && port < first+undecided {
			return !p.another(port)
		}
	}
	return false
}

// another reports whether another container of the pod says that it hears on a port.
func (p *Proxy) another(port int) bool {
	return slices.ContainsFunc(p.Template.Spec.Containers, func(c corev1.Container) bool {
		return c.Name != p.Container.Name && declares(&c, port)
	})
}

func declares(c *corev1.Container, port int) bool {
	return slices.ContainsFunc(c.Ports, func(at corev1.ContainerPort) bool { return int(at.ContainerPort) == port })
}

// TargetPort is the port of the pods that a port of a Service leads to; false where it
// is a name that no container has.
func (p *Proxy) TargetPort(port corev1.ServicePort) (int, bool) {
	switch {
	case port.TargetPort.StrVal != "":
		for i := range p.Template.Spec.Containers {
			if number, ok := portNamed(&p.Template.Spec.Containers[i], port); ok {
				return number, true
			}
		}
		for i := range p.Template.Spec.InitContainers {
			c := &p.Template.Spec.InitContainers[i]
			if number, ok := portNamed(c, port); ok && native(c) {
				return number, true
			}
		}
		return 0, false
	case port.TargetPort.IntVal != 0:
		return int(port.TargetPort.IntVal), true
	}
	return int(port.Port), true
}

// portNamed is the container's port of the name and protocol that a Service wants.
func portNamed(c *corev1.Container, port corev1.ServicePort) (int, bool) {
	for _, named := range c.Ports {
		if named.Name == port.TargetPort.StrVal && protocol(named.Protocol) == protocol(port.Protocol) {
			return int(named.ContainerPort), true
		}
	}
	return 0, false
}

func protocol(p corev1.Protocol) corev1.Protocol {
	if p == "" {
		return corev1.ProtocolTCP
	}
	return p
}
