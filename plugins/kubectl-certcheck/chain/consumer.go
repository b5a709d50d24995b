package chain

import (
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// Consumer is something that serves, or trusts, what a TLS Secret holds.
type Consumer struct {
	Meta
	// Hosts are the hosts that it serves by TLS, each once.
	Hosts []string
	Uses  []Use
}

// Use is one place where a consumer takes a Secret from.
type Use struct {
	Secret Name
	// Field says where the consumer names it: "spec.servers[0].tls.credentialName".
	Field string
	// Hosts are those that the certificate has to cover; empty or "*" is any.
	Hosts []string
	// CA says that it is taken for the CA of clients, and not as a server's certificate.
	CA bool
	// Optional says that the consumer goes on without it.
	Optional bool
}

// Consumers are all consumers that are in scope: gateways, Ingresses, pods that mount
// a Secret with a certificate and are no gateway of them. A Certificate and a TLS
// Secret that none of them takes are not among them: see Unused.
func (s *Snapshot) Consumers() []Consumer {
	var all []Consumer
	for _, g := range s.IstioGateways {
		if s.InScope(g.Namespace) {
			all = append(all, s.istioConsumer(g))
		}
	}
	for _, g := range s.Gateways {
		if s.InScope(g.Namespace) {
			all = append(all, gatewayConsumer(g))
		}
	}
	for _, i := range s.Ingresses {
		if s.InScope(i.Namespace) && len(i.TLS) > 0 {
			all = append(all, s.ingressConsumer(i))
		}
	}
	for _, p := range s.Pods {
		if c, ok := s.podConsumer(p); ok && s.InScope(p.Namespace) {
			all = append(all, c)
		}
	}
	return all
}

func (s *Snapshot) istioConsumer(g *IstioGateway) Consumer {
	c := Consumer{Meta: g.Meta}
	for i := range g.Servers {
		server := &g.Servers[i]
		if server.TLS == nil || !server.TLS.Terminates() {
			continue
		}
		hosts := ServerHosts(server)
		c.addHosts(hosts)
		for _, source := range s.Sources(g, i) {
			use := Use{Secret: source.Secret, Field: source.Field, Hosts: hosts, CA: source.CA}
			if source.PrivateKey || source.CA {
				use.Hosts = nil
			}
			c.Uses = append(c.Uses, use)
		}
	}
	return c
}

// ServerHosts are the hosts of a server without the namespace that may stand in front
// of them.
func ServerHosts(server *Server) []string {
	var hosts []string
	for _, h := range server.Hosts {
		if i := strings.LastIndexByte(h, '/'); i >= 0 {
			h = h[i+1:]
		}
		hosts = append(hosts, h)
	}
	return hosts
}

func gatewayConsumer(g *Gateway) Consumer {
	c := Consumer{Meta: g.Meta}
	for i, l := range g.Listeners {
		if !l.Terminates() {
			continue
		}
		var hosts []string
		if l.Hostname != "" {
			hosts = []string{l.Hostname}
		}
		c.addHosts(hosts)
		for n, ref := range l.Refs {
			if ref.Kind == "Secret" && ref.Group == "" {
				c.Uses = append(c.Uses, Use{Secret: ref.Name, Field: field("spec.listeners", i, "tls.certificateRefs", n), Hosts: hosts})
			}
		}
	}
	return c
}

func (s *Snapshot) ingressConsumer(g *Ingress) Consumer {
	c := Consumer{Meta: g.Meta}
	for i, tls := range g.TLS {
		c.addHosts(tls.Hosts)
		if tls.SecretName == "" {
			continue // the controller's default certificate
		}
		c.Uses = append(c.Uses, Use{Secret: Name{s.IngressNamespace(g), tls.SecretName}, Field: field("spec.tls", i, "secretName", -1), Hosts: tls.Hosts})
	}
	return c
}

// IngressNamespace is where the controller looks for the Secrets of an Ingress: its
// own namespace; for Istio as the controller, that of the gateway's pods (istio#36953).
func (s *Snapshot) IngressNamespace(g *Ingress) string {
	if g.Class != "istio" {
		return g.Namespace
	}
	return s.index.router
}

func (s *Snapshot) router() string {
	for _, p := range s.SelectPods("", map[string]string{"istio": "ingressgateway"}) {
		return p.Namespace
	}
	return istioNamespace
}

// podConsumer is a pod that mounts a TLS Secret. Pods of one owner are one consumer:
// the first of them stands for it.
func (s *Snapshot) podConsumer(p *Pod) (Consumer, bool) {
	if !p.Running() || s.index.inGateway[p] { // of a gateway, its Secrets are the Gateway's
		return Consumer{}, false
	}
	c := Consumer{Meta: p.Meta}
	for _, v := range p.Volumes {
		n := Name{p.Namespace, v.Secret}
		if secret := s.Secret(n); (secret != nil && secret.TLS != nil) || len(s.index.certificates[n]) > 0 {
			c.Uses = append(c.Uses, Use{Secret: n, Field: "spec.volumes[" + v.Name + "]", Optional: v.Optional})
		}
	}
	return c, len(c.Uses) > 0 && !s.standsBehind(p)
}

// standsBehind reports whether another pod of the same owner comes before one that
// runs.
func (s *Snapshot) standsBehind(p *Pod) bool {
	return len(p.Owners) > 0 && s.index.first[podOwner{p.Namespace, p.Owners[0]}] != p
}

func (c *Consumer) addHosts(hosts []string) {
	for _, h := range hosts {
		if !slices.Contains(c.Hosts, h) {
			c.Hosts = append(c.Hosts, h)
		}
	}
}

// Absent is the identity of an object that is not there, for chains and findings.
func Absent(apiVersion, kind, namespace, name string) finding.Object {
	return finding.Object{APIVersion: apiVersion, Kind: kind, Namespace: namespace, Name: name}
}

// SecretObject is the identity of a Secret, there or not.
func (s *Snapshot) SecretObject(n Name) finding.Object {
	if secret := s.Secret(n); secret != nil {
		return secret.Object
	}
	return Absent("v1", "Secret", n.Namespace, n.Name)
}

// IssuerObject is the identity of an issuer, there or not.
func (s *Snapshot) IssuerObject(ref IssuerRef, namespace string) finding.Object {
	if i := s.IssuerOf(ref, namespace); i != nil {
		return i.Object
	}
	version := "v1"
	if ref.Group == OldGroup {
		version = "v1alpha1"
	}
	if ref.Kind == "ClusterIssuer" {
		namespace = ""
	}
	return Absent(ref.Group+"/"+version, ref.Kind, namespace, ref.Name)
}

// PodConsumer is a pod with all Secrets that it mounts, whatever they are.
func (s *Snapshot) PodConsumer(p *Pod) Consumer {
	c := Consumer{Meta: p.Meta}
	for _, v := range p.Volumes {
		c.Uses = append(c.Uses, Use{Secret: Name{p.Namespace, v.Secret}, Field: "spec.volumes[" + v.Name + "]", Optional: v.Optional})
	}
	return c
}
