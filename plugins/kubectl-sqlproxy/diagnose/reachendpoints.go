package diagnose

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
)

// addressesOf are the addresses behind a Service, whether they are ready or not.
func (c *checker) addressesOf(o *serviceItem) []string {
	var all []string
	for _, slice := range c.index.endpoints[keyOf(o.Object)] {
		for _, e := range slice.Endpoints {
			all = append(all, e.Addresses...)
		}
	}
	return all
}

// checkEndpoints finds Services with nobody behind them. A Service without an
// EndpointSlice says nothing: its controller may not have come to it.
func (c *checker) checkEndpoints(s *subject) {
	for _, o := range s.Services {
		all := c.index.endpoints[keyOf(o.Object)]
		if len(all) == 0 {
			continue
		}
		ready, others := 0, 0
		for _, slice := range all {
			for _, e := range slice.Endpoints {
				if e.IsReady() {
					ready++
				} else {
					others++
				}
			}
		}
		if ready > 0 {
			continue
		}
		f := finding.Finding{ID: "no-endpoints", Severity: finding.Error, Object: o.Object}
		text := fmt.Sprintf("none of %s is ready", addresses(others))
		if others == 0 {
			text = "no addresses"
		}
		f.Evidence = quote("EndpointSlices of the Service", text)
		if s.Replicas == 0 {
			f.What = fmt.Sprintf("Nobody is behind the Service: %s is scaled to 0 replicas.", s.ref())
			f.Evidence = append(f.Evidence, quote(s.ref()+", spec.replicas", "0")...)
			f.Fix = []finding.Step{kubectlIn(s.Namespace, "scale", s.ref(), "--replicas=2")}
			c.add(s, blocks, f)
			continue
		}
		f.What = "No pod is ready behind the Service: clients get “connection refused”, or wait."
		f.Fix = []finding.Step{kubectlIn(s.Namespace, "describe", s.ref())}
		c.add(s, symptom, f)
	}
}

func addresses(n int) string {
	if n == 1 {
		return "1 address"
	}
	return fmt.Sprintf("%d addresses", n)
}
