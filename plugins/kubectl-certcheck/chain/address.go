package chain

import (
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
)

// Addresses are the addresses, IPs and names, of a door as the cluster tells: those of an
// Ingress or of a Gateway of the Gateway API by its status, those of an Istio Gateway by
// the Services in front of its pods.
func (s *Snapshot) Addresses(door finding.Object) []string {
	for _, i := range s.Ingresses {
		if i.Object == door {
			return i.Addresses
		}
	}
	for _, g := range s.Gateways {
		if g.Object == door {
			return g.Addresses
		}
	}
	var all []string
	for _, g := range s.IstioGateways {
		if g.Object != door {
			continue
		}
		for _, group := range s.GatewayPods(g) {
			for _, p := range group.Pods {
				all = append(all, s.serviceAddresses(p)...)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (s *Snapshot) serviceAddresses(p *Pod) []string {
	var all []string
	for _, service := range s.Services {
		if service.Namespace == p.Namespace && len(service.Selector) > 0 && matches(service.Selector, p.Labels) {
			all = append(all, service.Addresses...)
		}
	}
	return all
}
