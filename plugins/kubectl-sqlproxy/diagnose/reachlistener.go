package diagnose

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// databaseListeners are the sockets for clients that a network can reach.
func databaseListeners(spec *proxy.Spec) []proxy.Listener {
	var all []proxy.Listener
	for _, l := range spec.Listeners(nil) {
		if l.Role == proxy.RoleDatabase && l.Network != "unix" {
			all = append(all, l)
		}
	}
	return all
}

// shownListener is a listener as logs write it: 127.0.0.1:5432.
func shownListener(l proxy.Listener) string {
	if l.Network == "unix" {
		return l.Socket
	}
	address := l.Address
	switch {
	case address == "" && l.Network == "tcp6":
		address = "[::]"
	case address == "":
		address = "*"
	case strings.Contains(address, ":"):
		address = "[" + address + "]"
	}
	if l.Port == 0 {
		return address + ", at the port of the database's engine"
	}
	return address + ":" + strconv.Itoa(l.Port)
}

// leadsTo are the Services that have a port which leads to a port of the pods.
func (s *subject) leadsTo(port int) []string {
	var names []string
	for _, o := range s.Services {
		if slices.ContainsFunc(o.Value.Spec.Ports, func(p corev1.ServicePort) bool {
			target, ok := s.TargetPort(p)
			return ok && target == port && port != 0
		}) {
			names = append(names, o.Name)
		}
	}
	return names
}

// checkLoopback finds listeners of a shared proxy that only its own pod reaches. That is
// right behind a pooler, and for what else is in the pod: there it counts only that a
// Service leads to them.
func (c *checker) checkLoopback(s *subject) {
	if !s.told() {
		c.checkLoopbackLog(s)
		return
	}
	alone := s.Pooler == nil && len(c.strangers(s)) == 0
	if s.Template.Spec.HostNetwork && len(s.Services) == 0 {
		alone = false // it is for the node's own programs
	}
	for _, l := range databaseListeners(&s.Spec) {
		services := s.leadsTo(l.Port)
		if !l.Loopback() || !alone && len(services) == 0 {
			continue
		}
		instance := s.Spec.Instances[l.Instance]
		f := finding.Finding{
			ID: "loopback-listener", Severity: finding.Error, Object: s.Object,
			What:     fmt.Sprintf("The proxy listens for %s on %s, which no other pod reaches: clients get “connection refused”.", instance.Name, shownListener(l)),
			Evidence: quote(s.Path+", listener of "+instance.Name, shownListener(l)),
			Cause:    "It listens on localhost where it is not told an address. A port-forward reaches that, so it seems to work from outside.",
			Fix:      addressFix(s, instance),
		}
		if len(services) > 0 {
			f.Evidence = append(f.Evidence, quote("Services that lead there", listed(services))...)
		}
		if instance.Address.Set || s.Spec.Listen.Address.Set {
			f.Cause = "It is told so. A port-forward reaches that, so it seems to work from outside."
		}
		if pod, line := loopbackLine(s, l); line != "" {
			f.Evidence = append(f.Evidence, quote("log of pod/"+pod, line)...)
		}
		c.add(s, blocks, f)
	}
}

func addressFix(s *subject, i proxy.Instance) []finding.Step {
	switch {
	case s.Spec.Engine == proxy.V1:
		return []finding.Step{do(fmt.Sprintf("Write the instance with an address: -instances=%s=tcp:0.0.0.0:%d", i.Name, i.Port.Value))}
	case i.Address.Set:
		return []finding.Step{do(fmt.Sprintf("Write address=0.0.0.0 in the query of instance %s.", i.Name))}
	case s.Spec.Listen.Address.Set:
		return []finding.Step{do("Change --address to 0.0.0.0.")}
	}
	return s.addArgument("--address=0.0.0.0")
}

// addArgument gives the proxy one more argument, in front of all others. The template of
// other kinds than these cannot be changed in place.
func (s *subject) addArgument(arg string) []finding.Step {
	if len(s.Container.Args) == 0 || s.Deployment == nil && s.Kind != "StatefulSet" && s.Kind != "DaemonSet" {
		return []finding.Step{do(fmt.Sprintf("Add %s to %s.args.", arg, s.Path))}
	}
	at := "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(s.Path) + "/args/0"
	return []finding.Step{
		do(fmt.Sprintf("Add %s to %s.args:", arg, s.Path)),
		kubectlIn(s.Namespace, "patch", s.ref(), "--type=json", "-p", fmt.Sprintf(`[{"op":"add","path":%q,"value":%q}]`, at, arg)),
	}
}

// loopbackLine is the line of a log that says that a listener is on localhost.
func loopbackLine(s *subject, l proxy.Listener) (pod, line string) {
	for _, log := range s.podLogs() {
		if log.Previous {
			continue
		}
		for _, said := range log.lines {
			if address, ok := listeningOn(said.message); ok && address.Addr().IsLoopback() && (l.Port == 0 || int(address.Port()) == l.Port) {
				return log.Pod, said.message
			}
		}
	}
	return "", ""
}

// checkLoopbackLog is for a proxy of which not all is known that it is told: its log says
// where it listens.
func (c *checker) checkLoopbackLog(s *subject) {
	if s.Pooler != nil || len(c.strangers(s)) > 0 || s.Template.Spec.HostNetwork {
		return
	}
	pod, line := loopbackLine(s, proxy.Listener{})
	if line == "" {
		return
	}
	c.add(s, blocks, finding.Finding{
		ID: "loopback-listener", Severity: finding.Error, Object: s.Object,
		What:     "The proxy listens on localhost, which no other pod reaches: clients get “connection refused”.",
		Evidence: quote("log of pod/"+pod, line),
		Fix:      []finding.Step{do("Have it listen on all addresses: --address=0.0.0.0, of v1 -instances=NAME=tcp:0.0.0.0:PORT.")},
	})
}

// listeningOn is the address in a line that says where the proxy listens: v2's
// "[NAME] Listening on 127.0.0.1:5432", v1's "Listening on 127.0.0.1:3306 for NAME".
func listeningOn(message string) (netip.AddrPort, bool) {
	_, rest, found := strings.Cut(message, "Listening on ")
	if !found {
		return netip.AddrPort{}, false
	}
	word, _, _ := strings.Cut(rest, " ")
	address, err := netip.ParseAddrPort(word)
	return address, err == nil
}

// checkFamilies compares the IP families of the Services with those that are listened in.
func (c *checker) checkFamilies(s *subject) {
	if !s.told() {
		return
	}
	for _, o := range s.Services {
		for _, l := range databaseListeners(&s.Spec) {
			if !l.Loopback() && slices.Contains(s.leadsTo(l.Port), o.Name) {
				c.checkFamily(s, &o.Value, o.Object, l)
			}
		}
	}
}

func (c *checker) checkFamily(s *subject, service *corev1.Service, o finding.Object, l proxy.Listener) {
	var deaf []string
	for _, family := range service.Spec.IPFamilies {
		if family == corev1.IPv6Protocol && l.Network == "tcp4" || family == corev1.IPv4Protocol && l.Network == "tcp6" {
			deaf = append(deaf, string(family))
		}
	}
	if len(deaf) == 0 {
		return
	}
	f := finding.Finding{
		ID: "single-stack", Severity: finding.Info, Object: o,
		What:     fmt.Sprintf("The Service has %s, but the proxy listens on %s, which is not reached by that.", deaf[0], shownListener(l)),
		Evidence: append(quote("spec.ipFamilies", fmt.Sprint(service.Spec.IPFamilies)), quote(s.Path+", listener", shownListener(l))...),
		Cause:    "The proxy listens in one family per instance: in IPv4 with --address=0.0.0.0, in IPv6 with --address=::",
		Fix:      []finding.Step{do("Leave the other family in the Service's ipFamilies, with ipFamilyPolicy: SingleStack, or have the proxy listen in the family of the Service.")},
	}
	p := aside
	if len(deaf) == len(service.Spec.IPFamilies) {
		f.Severity, p = finding.Error, blocks
	}
	c.add(s, p, f)
}
