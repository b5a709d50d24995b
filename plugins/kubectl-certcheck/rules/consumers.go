package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

func consumerCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "CON01", Severity: finding.Warning, Title: "Two consumers serve the same host with different certificates"},
		{ID: "CON02", Severity: finding.Warning, Title: "Nothing renews a Secret: the Certificate that it was issued for is gone"},
	}
}

func (c *checker) checkConsumers() {
	c.checkSharedHosts()
	c.checkOrphans()
}

// claim is a host that a consumer serves, and with which Secret.
type claim struct {
	*subject
	secret chain.Name
}

// checkSharedHosts finds hosts that two consumers claim. Two Gateways of Istio are
// left out: what becomes of them is told by their own rules.
func (c *checker) checkSharedHosts() {
	claims := map[string][]claim{}
	for _, s := range c.subjects {
		if !isDoor(s) {
			continue
		}
		for _, u := range s.Uses {
			for _, host := range u.Hosts {
				if host = strings.ToLower(host); host != "*" && !u.CA {
					claims[host] = append(claims[host], claim{s, u.Secret})
				}
			}
		}
	}
	type pair struct{ one, other *subject }
	shared := map[pair][]string{}
	var order []pair
	for _, host := range slices.Sorted(maps.Keys(claims)) {
		for i, one := range claims[host] {
			for _, other := range claims[host][:i] {
				if !c.compete(one, other) {
					continue
				}
				p := pair{other.subject, one.subject}
				if shared[p] == nil {
					order = append(order, p)
				}
				if !contains(shared[p], host) {
					shared[p] = append(shared[p], host)
				}
			}
		}
	}
	for _, p := range order {
		if f, ok := c.sharedHosts(p.one, p.other, shared[p]); ok {
			c.add(aside, f)
		}
	}
}

// isDoor reports whether clients come to a subject by its hosts.
func isDoor(s *subject) bool {
	return s.Kind == "Ingress" || s.Kind == "Gateway" || s.Kind == "ListenerSet"
}

// compete reports whether it makes a difference which of two claims is served.
func (c *checker) compete(one, other claim) bool {
	if one.subject == other.subject || one.secret == other.secret || (c.istio(one.subject) && c.istio(other.subject)) {
		return false
	}
	a, b := c.leafOf(one.secret), c.leafOf(other.secret)
	return a == nil || b == nil || a.SHA256 != b.SHA256
}

func (c *checker) istio(s *subject) bool {
	return strings.HasPrefix(s.APIVersion, chain.IstioGroup+"/")
}

// sharedHosts is a warning where both are reached at the same address, and a remark
// where the addresses are not known. Different addresses are on purpose: an inner and
// an outer one, or a move from one to the other.
func (c *checker) sharedHosts(one, other *subject, hosts []string) (finding.Finding, bool) {
	f := finding.Finding{
		ID: "CON01", Severity: finding.Info, Object: other.Object,
		What: fmt.Sprintf("%s and %s both serve %s, with different certificates.", inWords(one.Object), inWords(other.Object), some(hosts)),
	}
	f.Evidence = []finding.Evidence{
		{Source: inWords(one.Object) + ", Secrets", Text: some(c.secretsFor(one, hosts))},
		{Source: inWords(other.Object) + ", Secrets", Text: some(c.secretsFor(other, hosts))},
	}
	f.Fix = []finding.Step{do("Have the host in one of them, or let both take the same Secret.")}
	a, b := c.addressesOf(one), c.addressesOf(other)
	if len(a) == 0 || len(b) == 0 {
		f.Cause = "Where they are reached is not known. At the same address, it is up to the controller which one clients see."
		return f, one.Kind == other.Kind && c.class(one) == c.class(other)
	}
	for _, address := range a {
		if contains(b, address) {
			f.Severity = finding.Warning
			f.Evidence = append(f.Evidence, finding.Evidence{Source: "address of both", Text: address})
			f.Cause = "It is up to the controller which of the two certificates clients see."
			return f, true
		}
	}
	return f, false
}

// secretsFor are the Secrets that a consumer has for hosts.
func (c *checker) secretsFor(s *subject, hosts []string) []string {
	var names []string
	for _, u := range s.Uses {
		if slices.ContainsFunc(u.Hosts, func(h string) bool { return contains(hosts, strings.ToLower(h)) }) && !contains(names, u.Secret.String()) {
			names = append(names, u.Secret.String())
		}
	}
	return names
}

// class is who serves a consumer; empty is not known.
func (c *checker) class(s *subject) string {
	for _, o := range c.Ingresses {
		if o.Object == s.Object {
			return o.Class
		}
	}
	for _, o := range c.Gateways {
		if o.Object == s.Object {
			return o.Class
		}
	}
	return ""
}

// addressesOf are the addresses and names at which clients reach a consumer.
func (c *checker) addressesOf(s *subject) []string {
	for _, o := range c.Ingresses {
		if o.Object == s.Object {
			return o.Addresses
		}
	}
	for _, o := range c.Gateways {
		if o.Object == s.Object {
			return o.Addresses
		}
	}
	for _, o := range c.IstioGateways {
		if o.Object == s.Object {
			return c.istioAddresses(o)
		}
	}
	return nil
}

// istioAddresses are those of the load balancers in front of a gateway's pods.
func (c *checker) istioAddresses(g *chain.IstioGateway) []string {
	var addresses []string
	for _, group := range c.GatewayPods(g) {
		for _, service := range c.Services {
			if service.Namespace == group.Namespace && len(group.Pods) > 0 && selected(service.Selector, group.Pods[0].Labels) {
				addresses = append(addresses, service.Addresses...)
			}
		}
	}
	return addresses
}

// selected reports whether a Service's selector means a pod; an empty one means none.
func selected(selector, labels map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}
