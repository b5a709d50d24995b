package manifest

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// addServices adds a Service for each instance, so that clients choose their database
// by a name and find it on its engine's port; or one with all ports.
func (p *plan) addServices() {
	if p.SingleService {
		var ports []corev1.ServicePort
		for _, s := range p.served {
			ports = append(ports, s.servicePort(s.portName))
		}
		p.addService(p.Name, ports)
		return
	}
	shared := map[string][]served{}
	for _, s := range p.served {
		shared[s.service] = append(shared[s.service], s)
	}
	for _, first := range p.served {
		var ports []corev1.ServicePort
		for _, s := range shared[first.service] {
			name := s.portName // several ports need names that differ
			if len(shared[first.service]) == 1 {
				name = cmp.Or(s.Engine, "tcp")
			}
			ports = append(ports, s.servicePort(name))
		}
		if len(ports) > 0 {
			p.addService(first.service, ports)
		}
		delete(shared, first.service)
	}
}

func (s served) servicePort(name string) corev1.ServicePort {
	target := intstr.FromString(s.portName)
	if s.PodPort != 0 && s.PortName == "" {
		target = intstr.FromInt32(int32(s.PodPort))
	}
	return corev1.ServicePort{
		Name: name, Port: int32(s.Port), TargetPort: target, Protocol: corev1.ProtocolTCP,
		AppProtocol: new("tcp"), // MySQL's server speaks first: a mesh that waits for the client would wait forever
	}
}

func (p *plan) addService(name string, ports []corev1.ServicePort) {
	s := &corev1.Service{
		TypeMeta: typeOf("v1", "Service"), ObjectMeta: p.meta(name),
		Spec: corev1.ServiceSpec{Type: corev1.ServiceType(p.Exposure.Type), Selector: p.selector(), Ports: ports},
	}
	if p.public() {
		// Else nodes put their own addresses in place of the clients', and no range fits.
		s.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal
	}
	if s.Spec.Type == corev1.ServiceTypeLoadBalancer {
		s.Spec.LoadBalancerSourceRanges = p.Exposure.Ranges
	}
	p.add(s.TypeMeta, s.Name, s)
}

// public reports whether others than the cluster reach the Services.
func (p *plan) public() bool { return p.Exposure.Type != string(corev1.ServiceTypeClusterIP) }

// host is the name of the Service by which clients reach an instance.
func (p *plan) host(s served) string {
	host := s.service
	if p.SingleService {
		host = p.Name
	}
	if p.Namespace != "" {
		host += "." + p.Namespace
	}
	return host
}
