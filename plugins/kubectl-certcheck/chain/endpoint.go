package chain

import "strconv"

// Endpoint is a port of a pod where a consumer serves TLS.
type Endpoint struct {
	Pod  *Pod
	Port int
	// Hosts are those that are served there.
	Hosts []string
	// Secrets are those whose certificate should be served.
	Secrets []Name
}

// Endpoints says where a consumer's pods serve TLS, as far as the snapshot tells: those
// of an Istio Gateway, or the pod itself. Of Ingresses and of Gateways of the Gateway API
// it is not known which pods serve them.
func (s *Snapshot) Endpoints(c *Consumer) []Endpoint {
	var all []Endpoint
	for _, g := range s.IstioGateways {
		if g.Object == c.Object {
			for i := range g.Servers {
				all = append(all, s.serverEndpoints(g, i)...)
			}
		}
	}
	for _, p := range s.Pods {
		if p.Object == c.Object && p.Ready {
			all = append(all, podEndpoints(p, c)...)
		}
	}
	return all
}

func (s *Snapshot) serverEndpoints(g *IstioGateway, server int) []Endpoint {
	at := &g.Servers[server]
	if at.TLS == nil || !at.TLS.Terminates() {
		return nil
	}
	secrets := map[string]Name{} // by the namespace of the pods
	for _, source := range s.Sources(g, server) {
		if !source.CA && len(source.Pods) > 0 && source.Secret.Name != "" {
			if _, ok := secrets[source.Pods[0].Namespace]; !ok {
				secrets[source.Pods[0].Namespace] = source.Secret
			}
		}
	}
	var all []Endpoint
	for _, group := range s.GatewayPods(g) {
		for _, p := range group.Pods {
			if !p.Ready {
				continue
			}
			e := Endpoint{Pod: p, Port: s.targetPort(p, at.Port.Number), Hosts: ServerHosts(at)}
			if secret, ok := secrets[p.Namespace]; ok {
				e.Secrets = []Name{secret}
			}
			all = append(all, e)
		}
	}
	return all
}

// targetPort is the port of the pod behind a Service's port. Istio's gateways listen on
// the target port; without a Service, on the number that the Gateway names.
func (s *Snapshot) targetPort(p *Pod, port int) int {
	for _, service := range s.Services {
		if service.Namespace != p.Namespace || len(service.Selector) == 0 || !matches(service.Selector, p.Labels) {
			continue
		}
		for _, one := range service.Ports {
			if one.Number == port {
				return p.portOf(one.Target, port)
			}
		}
	}
	return port
}

// portOf resolves a Service's targetPort.
func (p *Pod) portOf(target string, standard int) int {
	if n, err := strconv.Atoi(target); err == nil {
		return n
	}
	for _, c := range p.Containers {
		for _, one := range c.Ports {
			if one.Name == target {
				return one.Number
			}
		}
	}
	return standard
}

// podEndpoints are the ports of a pod that by their name or number are TLS.
func podEndpoints(p *Pod, c *Consumer) []Endpoint {
	var secrets []Name
	for _, u := range c.Uses {
		secrets = append(secrets, u.Secret)
	}
	var all []Endpoint
	for _, container := range p.Containers {
		for _, one := range container.Ports {
			switch {
			case one.Number == 443 || one.Number == 8443 || one.Name == "https" || one.Name == "tls" || one.Name == "webhook":
				all = append(all, Endpoint{Pod: p, Port: one.Number, Secrets: secrets})
			}
		}
	}
	return all
}
