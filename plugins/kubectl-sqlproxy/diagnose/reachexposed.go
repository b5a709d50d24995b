package diagnose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// checkExposed finds what lets in others than the pods of the cluster: whoever reaches the
// proxy needs no key of Google's, but a password of the database at most.
func (c *checker) checkExposed(s *subject) {
	for _, o := range s.Services {
		if f, ok := exposedService(o); ok {
			f.ID, f.Object = "service-exposed", o.Object
			c.add(s, aside, f)
		}
	}
	if f, ok := c.exposedPod(s); ok {
		c.add(s, aside, f)
	}
}

func exposedService(o *serviceItem) (finding.Finding, bool) {
	spec := &o.Value.Spec
	toClusterIP := do("Make it a ClusterIP; who comes from outside uses a port-forward, or a proxy of their own.")
	patch := kubectlIn(o.Namespace, "patch", "service", o.Name, "-p", `{"spec":{"type":"ClusterIP"}}`)
	f := finding.Finding{Severity: finding.Error, Fix: []finding.Step{toClusterIP, patch}}
	switch {
	case spec.Type == corev1.ServiceTypeLoadBalancer && internal(o.Value.Annotations):
		f.Severity = finding.Info
		f.What = "The Service is an internal load balancer: all of the network reach the databases through the proxy."
		f.Evidence = quote("spec.type", "LoadBalancer")
		f.Fix = []finding.Step{do("Have loadBalancerSourceRanges name those who may.")}
		if len(spec.LoadBalancerSourceRanges) > 0 {
			return f, false
		}
	case spec.Type == corev1.ServiceTypeLoadBalancer && narrow(spec.LoadBalancerSourceRanges):
		f.Severity = finding.Warning
		f.What = "The Service is a load balancer with a public address: some of the Internet reach the databases through the proxy."
		f.Evidence = append(quote("spec.type", "LoadBalancer"), quote("spec.loadBalancerSourceRanges", listed(spec.LoadBalancerSourceRanges))...)
	case spec.Type == corev1.ServiceTypeLoadBalancer:
		f.What = "The Service is a load balancer with a public address: all of the Internet reach the databases through the proxy, without its TLS and its keys."
		f.Evidence = append(quote("spec.type", "LoadBalancer"), quote("spec.loadBalancerSourceRanges", strings.Join(spec.LoadBalancerSourceRanges, ", "))...)
	case spec.Type == corev1.ServiceTypeNodePort:
		f.Severity = finding.Warning
		f.What = "The Service has a port on every node: whoever reaches a node reaches the databases through the proxy."
		f.Evidence = append(quote("spec.type", "NodePort"), quote("spec.ports", nodePorts(spec.Ports))...)
	case len(spec.ExternalIPs) > 0:
		f.Severity = finding.Warning
		f.What = "The Service has external IPs: who reaches those reaches the databases through the proxy."
		f.Evidence = quote("spec.externalIPs", listed(spec.ExternalIPs))
		f.Fix = []finding.Step{do("Leave spec.externalIPs out.")}
	default:
		return f, false
	}
	return f, true
}

// internal reports whether a load balancer has no public address, by what the clouds take
// as a sign of it.
func internal(annotations map[string]string) bool {
	for name, value := range annotations {
		switch name {
		case "networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type",
			"service.beta.kubernetes.io/azure-load-balancer-internal", "service.beta.kubernetes.io/aws-load-balancer-internal",
			"service.beta.kubernetes.io/aws-load-balancer-scheme":
			if strings.EqualFold(value, "internal") || value == "true" || value == "0.0.0.0/0" {
				return true
			}
		}
	}
	return false
}

// narrow reports whether ranges leave somebody out.
func narrow(ranges []string) bool {
	return len(ranges) > 0 && !slices.ContainsFunc(ranges, func(r string) bool { return strings.HasSuffix(r, "/0") })
}

func nodePorts(ports []corev1.ServicePort) string {
	var all []string
	for _, p := range ports {
		if p.NodePort != 0 {
			all = append(all, strconv.Itoa(int(p.NodePort)))
		}
	}
	return listed(all)
}

// exposedPod finds ports of the node that lead into the pod.
func (c *checker) exposedPod(s *subject) (finding.Finding, bool) {
	f := finding.Finding{ID: "service-exposed", Severity: finding.Warning, Object: s.Object}
	open := slices.ContainsFunc(databaseListeners(&s.Spec), func(l proxy.Listener) bool { return !l.Loopback() })
	if s.Template.Spec.HostNetwork && open {
		f.What = "The pods are in the network of their nodes: whoever reaches a node reaches the databases through the proxy, and no network policy holds."
		f.Evidence = quote(strings.TrimSuffix(s.Path, s.Path[strings.LastIndex(s.Path, ".")+1:])+"hostNetwork", "true")
		f.Fix = []finding.Step{do("Leave hostNetwork out, and have clients use the Service.")}
		return f, true
	}
	for _, p := range s.Container.Ports {
		if p.HostPort != 0 && open {
			f.What = fmt.Sprintf("The pods have port %d of their nodes: whoever reaches a node reaches the databases through the proxy.", p.HostPort)
			f.Evidence = quote(s.Path+".ports", fmt.Sprintf("containerPort %d, hostPort %d", p.ContainerPort, p.HostPort))
			f.Fix = []finding.Step{do("Leave hostPort out, and have clients use the Service.")}
			return f, true
		}
	}
	return f, false
}

// checkSniffing finds ports for MySQL whose protocol Istio guesses from what the client
// says first: it says nothing, as its server is the first to speak. Port 3306 is known to
// Istio.
func (c *checker) checkSniffing(s *subject) {
	if !c.hasIstio(s) {
		return
	}
	for _, o := range s.Services {
		for i, p := range o.Value.Spec.Ports {
			if p.Port == 3306 || p.AppProtocol != nil || !c.speaksMySQL(s, p) || saysProtocol(p.Name) {
				continue
			}
			c.add(s, aside, finding.Finding{
				ID: "istio-sniff", Severity: finding.Warning, Object: o.Object,
				What:     fmt.Sprintf("Port %d does not say its protocol: Istio waits for the client to speak first, and a client of MySQL waits for the server, so they hang.", p.Port),
				Evidence: quote(fmt.Sprintf("spec.ports[%d].name", i), orNone(p.Name)),
				Fix: []finding.Step{
					do("Say that it is TCP:"),
					kubectlIn(o.Namespace, "patch", "service", o.Name, "--type=json", "-p", fmt.Sprintf(`[{"op":"add","path":"/spec/ports/%d/appProtocol","value":"tcp"}]`, i)),
				},
				Docs: "https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/",
			})
		}
	}
}

// hasIstio reports whether Istio is in any pods that may be clients.
func (c *checker) hasIstio(s *subject) bool {
	for _, o := range c.Namespaces {
		if o.Value.Labels["istio-injection"] == "enabled" || o.Value.Labels["istio.io/rev"] != "" {
			return true
		}
	}
	return s.Template.Labels["sidecar.istio.io/inject"] == "true" || s.Template.Annotations["sidecar.istio.io/inject"] == "true"
}

// speaksMySQL reports whether a port is for MySQL, by what is known: an answer, or 3306
// behind it, or its name.
func (c *checker) speaksMySQL(s *subject, p corev1.ServicePort) bool {
	target, _ := s.TargetPort(p)
	for _, probe := range s.Probes {
		if probe.Port == target && probe.Got != "" {
			return probe.Got == "mysql"
		}
	}
	return target == 3306 || strings.Contains(p.Name, "mysql") || strings.Contains(p.TargetPort.StrVal, "mysql")
}

// saysProtocol reports whether a port's name begins with a protocol that Istio knows:
// https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/
func saysProtocol(name string) bool {
	protocol, _, _ := strings.Cut(strings.ToLower(name), "-")
	return slices.Contains([]string{"tcp", "tls", "mysql", "mongo", "redis", "http", "http2", "https", "grpc", "udp"}, protocol)
}
