package diagnose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
)

// checkServiceLinks judges the variables that Kubernetes makes of each Service for the
// pods of its namespace: of a Service csql-proxy it makes CSQL_PROXY_PORT.
func (c *checker) checkServiceLinks(s *subject) {
	prefix := prefixOf(s.Spec.Engine)
	if links := s.Template.Spec.EnableServiceLinks; prefix == "" || links != nil && !*links {
		return
	}
	for _, option := range []string{"PORT", "HTTP_PORT", "ADMIN_PORT"} {
		variable := prefix + option
		name := strings.ToLower(strings.ReplaceAll(strings.TrimSuffix(variable, "_PORT"), "_", "-"))
		o := c.index.services[key{s.Namespace, name}]
		if o == nil || o.Value.Spec.ClusterIP == corev1.ClusterIPNone {
			continue
		}
		if s.gives(variable, strings.ReplaceAll(strings.ToLower(option), "_", "-")) {
			continue // that is stronger
		}
		c.addServiceLink(s, o.Object, variable, option)
	}
}

// gives reports whether the pod itself gives a variable, or the option that it is for.
func (s *subject) gives(variable, option string) bool {
	names := []string{option}
	if option == "port" {
		names = append(names, "p")
	}
	return len(s.places(names)) > 0 || slices.ContainsFunc(s.Container.Env, func(e corev1.EnvVar) bool { return e.Name == variable })
}

func (c *checker) addServiceLink(s *subject, service finding.Object, variable, option string) {
	f := finding.Finding{
		ID: "service-links", Severity: finding.Info, Object: s.Object,
		What:     fmt.Sprintf("Of Service %s Kubernetes makes the variable %s, which the proxy takes for its own and passes over in silence.", service.Name, variable),
		Evidence: quote("env "+variable, "tcp://…, of Service "+service.Name),
		Fix: []finding.Step{
			do("Switch these variables off:"),
			kubectlIn(s.Namespace, "patch", s.ref(), "--type=merge", "-p", `{"spec":{"template":{"spec":{"enableServiceLinks":false}}}}`),
		},
	}
	_, http := s.Spec.HTTPListener()
	_, admin := s.Spec.AdminListener()
	if option == "HTTP_PORT" && http || option == "ADMIN_PORT" && admin {
		f.Severity = finding.Error
		f.What = fmt.Sprintf("Of Service %s Kubernetes makes the variable %s, which the proxy takes for the port that it is to hear on: it does not start.", service.Name, variable)
		c.add(s, blocks, f)
		return
	}
	c.add(s, aside, f)
}
