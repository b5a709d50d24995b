package diagnose

import (
	"fmt"
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// checkEnforced judges whether a policy that is there works.
func (c *checker) checkEnforced(s *subject) {
	enforced, seen := c.enforced()
	if enforced {
		return
	}
	o := s.Policies[0]
	c.add(s, aside, finding.Finding{
		ID: "networkpolicy-unenforced", Severity: finding.Info, Object: o.Object,
		What:     fmt.Sprintf("Nothing in this cluster seems to enforce NetworkPolicy %s: no DaemonSet of a network that does was seen.", o.Name),
		Evidence: quote("DaemonSets", "there are "+seen+" and others, but none of Calico, Cilium or Dataplane V2"),
		Fix:      []finding.Step{do("Switch enforcement on: GKE has it with Dataplane V2, or for older clusters with --enable-network-policy.")},
		Docs:     "https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy",
	})
}

// checkScraping judges whether Prometheus reaches the metrics, where the pods say that it
// is to.
func (c *checker) checkScraping(s *subject) {
	const asked = "prometheus.io/scrape"
	l, ok := s.Spec.HTTPListener()
	if !ok || !s.Spec.HTTP.Prometheus || l.Loopback() || len(s.Policies) == 0 || s.Template.Annotations[asked] != "true" {
		return
	}
	for _, o := range s.Policies {
		if slices.ContainsFunc(o.Value.Spec.Ingress, func(r ingressRule) bool { return s.covers(&r, l.Port) }) {
			return
		}
	}
	o := s.Policies[0]
	c.add(s, aside, finding.Finding{
		ID: "networkpolicy-http-port", Severity: finding.Info, Object: o.Object,
		What:     fmt.Sprintf("NetworkPolicy %s lets nobody reach port %d, where Prometheus is to fetch the metrics of %s.", o.Name, l.Port, s.ref()),
		Evidence: append(quote("annotation "+asked, "true"), s.said("prometheus")...),
		Fix: []finding.Step{
			do(fmt.Sprintf("Add a rule for port %d, from the namespace that Prometheus runs in:", l.Port)),
			kubectlIn(o.Namespace, "edit", "networkpolicy", o.Name),
		},
	})
}

// said are the arguments and variables that give an option, under any of its names, as
// evidence. It is not for options whose values are secrets.
func (s *subject) said(names ...string) []finding.Evidence {
	var all []finding.Evidence
	for _, place := range s.places(names) {
		all = append(all, finding.Evidence{Source: place.source, Text: place.text})
	}
	return all
}

// prefixOf is that of the variables that an engine reads; "" of v1, which reads none.
func prefixOf(e proxy.Engine) string {
	switch e {
	case proxy.V2:
		return "CSQL_PROXY_"
	case proxy.AlloyDB:
		return "ALLOYDB_PROXY_"
	}
	return ""
}
