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

// claim is a consumer of a host, and what it serves there: the fingerprint of the
// certificate, else the name of the Secret.
type claim struct {
	*subject
	served string
}

// rivals are two consumers of the same host.
type rivals struct{ one, other *subject }

// checkSharedHosts finds hosts that two consumers claim. Two Gateways of Istio are
// left out: what becomes of them is told by their own rules.
func (c *checker) checkSharedHosts() {
	claims := c.claims()
	shared := map[rivals][]string{}
	var order []rivals
	for _, host := range slices.Sorted(maps.Keys(claims)) {
		all := claims[host]
		if !slices.ContainsFunc(all, func(o claim) bool { return o.served != all[0].served }) {
			continue // many Ingresses of one host with one certificate are as it should be
		}
		for i, one := range all {
			// The first rival tells enough.
			first := slices.IndexFunc(all[:i], func(o claim) bool { return compete(one, o) })
			if first < 0 {
				continue
			}
			r := rivals{all[first].subject, one.subject}
			if shared[r] == nil {
				order = append(order, r)
			}
			if !contains(shared[r], host) {
				shared[r] = append(shared[r], host)
			}
		}
	}
	for _, r := range order {
		if f, ok := c.sharedHosts(r.one, r.other, shared[r]); ok {
			c.add(aside, f)
		}
	}
}

// claims are the consumers of each host.
func (c *checker) claims() map[string][]claim {
	all := map[string][]claim{}
	for _, s := range c.subjects {
		if s.Kind != "Ingress" && s.Kind != "Gateway" && s.Kind != "ListenerSet" {
			continue // clients do not come to it by its hosts
		}
		for _, u := range s.Uses {
			served := u.Secret.String()
			if leaf := c.leafOf(u.Secret); leaf != nil {
				served = leaf.SHA256
			}
			for _, host := range u.Hosts {
				if host = strings.ToLower(host); host != "*" && !u.CA {
					all[host] = append(all[host], claim{s, served})
				}
			}
		}
	}
	return all
}

// compete reports whether it makes a difference which of two claims is served.
func compete(one, other claim) bool {
	return one.subject != other.subject && one.served != other.served && !(ofIstio(one.subject) && ofIstio(other.subject))
}

func ofIstio(s *subject) bool { return strings.HasPrefix(s.APIVersion, chain.IstioGroup+"/") }

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
