package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

const policyDocs = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"

// exposed reports whether other pods reach the databases through the proxy, and a
// NetworkPolicy could keep them from it: those say nothing of a node's own addresses.
func (s *subject) exposed() bool {
	return s.Shared && !s.Template.Spec.HostNetwork && len(s.openPorts()) > 0
}

// openPorts are the ports at which other pods reach the databases: the proxy's own, or
// those of the pooler in front of it. One that is not known is 0.
func (s *subject) openPorts() []int {
	var ports []int
	if s.Pooler != nil {
		for _, o := range s.Services {
			for _, p := range o.Value.Spec.Ports {
				if port, ok := s.TargetPort(p); ok {
					ports = append(ports, port)
				}
			}
		}
		return ports
	}
	for _, l := range s.Listeners() {
		if l.Role == proxy.RoleDatabase && !l.Loopback() {
			ports = append(ports, l.Port)
		}
	}
	return ports
}

// checkAdmission judges who may reach the databases.
func (c *checker) checkAdmission(s *subject) {
	open := s.openPolicies()
	switch {
	case len(s.Policies) == 0:
		if c.Absence("NetworkPolicy", s.Namespace) != snapshot.Gone {
			return
		}
		if !c.checkPasswordless(s, nil) {
			c.add(s, aside, finding.Finding{
				ID: "no-networkpolicy", Severity: finding.Warning, Object: s.Object,
				What:     fmt.Sprintf("Every pod of the cluster reaches the databases through %s: no NetworkPolicy selects its pods.", s.ref()),
				Evidence: quote("labels of the pods", labelPairs(s.Template.Labels)),
				Fix:      s.letClientsIn(),
				Docs:     policyDocs,
			})
		}
		return
	case len(open) > 0 && !c.checkPasswordless(s, open):
		for _, o := range open {
			c.add(s, aside, finding.Finding{
				ID: "networkpolicy-open", Severity: finding.Warning, Object: o.Object,
				What:     fmt.Sprintf("NetworkPolicy %s lets every pod of the cluster reach the databases through %s.", o.Name, s.ref()),
				Evidence: openEvidence(o),
				Fix: []finding.Step{
					do("Give the pods of all clients a label, " + clientLabel + " say."),
					do("Then name it in from:"), kubectlIn(o.Namespace, "edit", "networkpolicy", o.Name),
				},
				Docs: policyDocs,
			})
		}
	}
	c.checkEnforced(s)
}

// checkPasswordless judges a proxy that logs in whoever comes, and to whom nothing
// forbids to come.
func (c *checker) checkPasswordless(s *subject, open []*policyItem) bool {
	if s.Pooler != nil {
		return false // that may ask for passwords
	}
	instances := s.passwordless()
	if len(instances) == 0 {
		return false
	}
	f := finding.Finding{
		ID: "auto-iam-open", Severity: finding.Error, Object: s.Object,
		What:     fmt.Sprintf("Every pod of the cluster that reaches %s is in %s without a password, as the proxy's own database user.", s.ref(), strings.Join(instances, ", ")),
		Evidence: s.said("auto-iam-authn", "i", "enable_iam_login"),
		Cause:    "With automatic IAM authentication the proxy itself logs in, whoever asks, and no NetworkPolicy says who may ask.",
		Docs:     "https://cloud.google.com/sql/docs/postgres/iam-authentication",
	}
	f.Fix = s.letClientsIn()
	for _, o := range open {
		f.Fix = []finding.Step{do("Name in from of NetworkPolicy " + o.Name + " only what may do all that this user may:"), kubectlIn(o.Namespace, "edit", "networkpolicy", o.Name)}
		f.Cause = "With automatic IAM authentication the proxy itself logs in, whoever asks, and NetworkPolicy " + o.Name + " lets everybody ask."
		f.Evidence = append(f.Evidence, openEvidence(o)...)
	}
	f.Fix = append(f.Fix, do("Or leave automatic IAM authentication out, and have each application log in as a user of its own."))
	c.add(s, aside, f)
	return true
}

// passwordless are the instances that the proxy logs in to by itself, and that others
// reach.
func (s *subject) passwordless() []string {
	var all []string
	for _, l := range s.Listeners() {
		if l.Role != proxy.RoleDatabase || l.Loopback() || l.Instance < 0 {
			continue
		}
		if i := s.Spec.Instances[l.Instance]; i.IAMLogin.Or(s.Spec.Credentials.IAMLogin) {
			all = append(all, i.Name)
		}
	}
	return all
}

// openPolicies are those that let everybody reach a database.
func (s *subject) openPolicies() []*policyItem {
	var all []*policyItem
	ports := s.openPorts()
	for _, o := range s.Policies {
		if slices.ContainsFunc(ports, func(port int) bool { return s.openRule(o, port) >= 0 }) {
			all = append(all, o)
		}
	}
	return all
}

// openRule is the rule of a policy that lets everybody reach a port; -1 if none does.
func (s *subject) openRule(o *policyItem, port int) int {
	return slices.IndexFunc(o.Value.Spec.Ingress, func(r ingressRule) bool {
		return s.covers(&r, port) && slices.ContainsFunc(peersOf(&r), everybody)
	})
}

func openEvidence(o *policyItem) []finding.Evidence {
	for n, r := range o.Value.Spec.Ingress {
		switch {
		case len(r.From) == 0:
			return quote(fmt.Sprintf("NetworkPolicy %s, spec.ingress[%d].from", o.Name, n), "empty: everybody")
		case slices.ContainsFunc(peersOf(&r), everybody):
			return quote(fmt.Sprintf("NetworkPolicy %s, spec.ingress[%d].from", o.Name, n), "holds one that is everybody")
		}
	}
	return nil
}

// letClientsIn says how only those reach the databases that are meant to.
func (s *subject) letClientsIn() []finding.Step {
	var b strings.Builder
	fmt.Fprintf(&b, "kubectl apply -f - <<'EOF'\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: %q, namespace: %q}\n", s.Name, s.Namespace)
	fmt.Fprintf(&b, "spec:\n  podSelector: {matchLabels: {%s}}\n  policyTypes: [Ingress]\n  ingress:\n", labelPairs(s.selectorLabels()))
	fmt.Fprintf(&b, "  - from: [{namespaceSelector: {}, podSelector: {matchLabels: {%s}}}]\n", clientLabel)
	if ports := s.openPorts(); !slices.Contains(ports, 0) {
		fmt.Fprintf(&b, "    ports: [%s]\n", portPairs(ports))
	}
	if l, ok := s.Spec.HTTPListener(); ok && !l.Loopback() {
		fmt.Fprintf(&b, "  - ports: [%s]\n", portPairs([]int{l.Port}))
	}
	b.WriteString("EOF")
	return []finding.Step{
		do("Give the pods of all clients the label " + clientLabel + "."),
		do("Then let only those in:"), run(b.String()),
	}
}

// clientLabel is the label that this plugin's own policies ask of clients.
const clientLabel = `sqlproxy-client: "true"`

func portPairs(ports []int) string {
	all := make([]string, 0, len(ports))
	for _, port := range ports {
		all = append(all, fmt.Sprintf("{port: %d}", port))
	}
	return strings.Join(all, ", ")
}

// selectorLabels are those by which a workload knows its pods.
func (s *subject) selectorLabels() map[string]string {
	if s.Deployment != nil && s.Deployment.Spec.Selector != nil && len(s.Deployment.Spec.Selector.MatchLabels) > 0 {
		return s.Deployment.Spec.Selector.MatchLabels
	}
	return s.Template.Labels
}
