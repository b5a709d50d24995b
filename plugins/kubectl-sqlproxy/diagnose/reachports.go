package diagnose

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// heard are the ports on which the proxies of a pod listen.
type heard struct {
	ports    map[int]proxy.Listener
	database map[int]bool
	// shown are all, as one writes them.
	shown []string
	// known is false where a port is not known.
	known bool
}

// heardBy gathers the listeners of all proxies of the pod. A port that v2 takes from the
// engine of the database is in its log.
func (c *checker) heardBy(s *subject) heard {
	h := heard{ports: map[int]proxy.Listener{}, database: map[int]bool{}, known: true}
	for _, p := range c.index.proxies[s.Workload] {
		h.known = h.known && (&subject{Proxy: p}).told()
		for _, l := range p.Listeners() {
			if l.Network == "unix" {
				continue
			}
			if l.Port == 0 {
				h.addLogged(&subject{Proxy: p}, l)
				continue
			}
			h.add(l)
		}
	}
	return h
}

func (h *heard) add(l proxy.Listener) {
	h.ports[l.Port] = l
	h.shown = append(h.shown, shownListener(l))
	if l.Role == proxy.RoleDatabase {
		h.database[l.Port] = true
	}
}

func (h *heard) addLogged(s *subject, l proxy.Listener) {
	for _, log := range s.podLogs() {
		for _, said := range log.lines {
			if address, ok := listeningOn(said.message); ok && said.instance == s.Spec.Instances[l.Instance].Name {
				l.Port = int(address.Port())
				h.add(l)
				return
			}
		}
	}
	h.known = false
}

// checkTargetPorts compares where the ports of Services lead with where the proxy listens.
// What other containers of the pod listen on is not known.
func (c *checker) checkTargetPorts(s *subject) {
	h := c.heardBy(s)
	alone := len(c.strangers(s)) == 0
	for _, o := range s.Services {
		serves := false
		for _, p := range o.Value.Spec.Ports {
			if target, ok := s.TargetPort(p); ok {
				serves = serves || h.database[target]
			}
		}
		for i, p := range o.Value.Spec.Ports {
			f, ok := c.targetPort(s, &p, &h, alone)
			if !ok {
				continue
			}
			f.Object = o.Object
			f.Evidence = append(quote(fmt.Sprintf("spec.ports[%d]", i), shownServicePort(p)), f.Evidence...)
			if serves && forMetrics(p) {
				f.Severity = finding.Warning
				c.add(s, aside, f)
				continue
			}
			c.add(s, blocks, f)
		}
	}
}

// targetPort judges where a port of a Service leads.
func (c *checker) targetPort(s *subject, p *corev1.ServicePort, h *heard, alone bool) (finding.Finding, bool) {
	target, ok := s.TargetPort(*p)
	f := finding.Finding{ID: "target-port", Severity: finding.Error}
	switch {
	case p.Protocol != "" && p.Protocol != corev1.ProtocolTCP:
		return f, false
	case !ok:
		f.What = fmt.Sprintf("Port %d leads to the port %s of the pods, but no container has a port of that name, so nothing serves it.", p.Port, p.TargetPort.StrVal)
		f.Evidence = quote(s.ref()+", ports", listed(s.portNames()))
		f.Fix = []finding.Step{do(fmt.Sprintf("Add {name: %s, containerPort: PORT} to %s.ports, or write the number of the port as targetPort.", p.TargetPort.StrVal, s.Path))}
		if h.known && len(h.database) == 1 {
			for port := range h.database {
				f.Fix = []finding.Step{do(fmt.Sprintf("Add {name: %s, containerPort: %d} to %s.ports, or write targetPort: %d.", p.TargetPort.StrVal, port, s.Path, port))}
			}
		}
		return f, true
	case !alone || !h.known:
		return f, false
	}
	l, found := h.ports[target]
	switch {
	case !found:
		f.What = fmt.Sprintf("Port %d leads to port %d of the pods, on which the proxy does not listen: clients get “connection refused”.", p.Port, target)
	case l.Role == proxy.RoleAdmin:
		f.What = fmt.Sprintf("Port %d leads to port %d of the pods, the proxy's admin server, which listens on localhost only.", p.Port, target)
	default:
		return f, false
	}
	f.Evidence = quote(s.ref()+", listens on", listed(h.shown))
	f.Fix = []finding.Step{do(targetFix(s, p, h, target))}
	return f, true
}

func targetFix(s *subject, p *corev1.ServicePort, h *heard, target int) string {
	if http, ok := s.Spec.HTTPListener(); ok && forMetrics(*p) {
		return fmt.Sprintf("Write targetPort: %d, where the proxy has its metrics and health checks.", http.Port)
	}
	if len(h.database) == 1 {
		for port := range h.database {
			return fmt.Sprintf("Write targetPort: %d, or have the proxy listen on port %d.", port, target)
		}
	}
	return "Have the Service's targetPort be a port on which the proxy listens."
}

func (s *subject) portNames() []string {
	names := []string{}
	for _, container := range s.running() {
		for _, p := range container.Ports {
			if p.Name != "" {
				names = append(names, fmt.Sprintf("%s (%d)", p.Name, p.ContainerPort))
			}
		}
	}
	if len(names) == 0 {
		return []string{"none has a name"}
	}
	return names
}

func shownServicePort(p corev1.ServicePort) string {
	target := p.TargetPort.String()
	if target == "0" || target == "" {
		target = strconv.Itoa(int(p.Port))
	}
	return fmt.Sprintf("port %d, targetPort %s", p.Port, target)
}

// forMetrics reports whether a port of a Service is for who looks after the proxy.
func forMetrics(p corev1.ServicePort) bool {
	for _, word := range []string{"http", "metric", "prom", "health", "monitor", "admin"} {
		if strings.Contains(p.Name, word) || strings.Contains(p.TargetPort.StrVal, word) {
			return true
		}
	}
	return false
}
