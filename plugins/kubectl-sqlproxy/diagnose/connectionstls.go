package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// checkTLS judges clients that ask for TLS. Between them and the proxy there is none, so
// their drivers give up. A pooler may offer it.
func (c *checker) checkTLS(s *subject) {
	if !s.Shared || s.Pooler != nil {
		return
	}
	for _, service := range s.Services {
		for _, use := range c.around().clients[keyOf(service.Object)] {
			where := c.asksTLS(use)
			if where == "" || use.workload == s.Workload {
				continue
			}
			c.add(s, aside, finding.Finding{
				ID: "plaintext-ssl", Severity: finding.Error, Object: use.workload.Object,
				What: fmt.Sprintf("%s in namespace %s insists on TLS to Service %s, which the proxy does not offer: its connections fail.",
					refOf(use.workload.Object), use.workload.Namespace, service.Name),
				Evidence: []finding.Evidence{use.evidence(), {Source: "container " + use.container + ", env " + where, Text: "insists on TLS"}},
				Cause:    "The proxy speaks TLS with the instance; what it hears from clients is in clear.",
				Fix:      []finding.Step{do("Set sslmode=disable, or what the driver calls it.")},
			})
		}
	}
}

// asksTLS is the variable by which a client insists on TLS; "" if it does not. The
// variable that names the host counts, or one that is the driver's own.
func (c *checker) asksTLS(u use) string {
	if insists(u.value) {
		return u.source()
	}
	container := containerOf(&u.workload.Template.Spec, u.container)
	if container == nil || !strings.HasPrefix(u.name, "PG") {
		return ""
	}
	for _, v := range c.variables(u.workload.Namespace, container) {
		if v.name == "PGSSLMODE" && insists("sslmode="+v.value) {
			return v.source()
		}
	}
	return ""
}

// insists reports whether a URL or a list of options asks for TLS and nothing less.
func insists(value string) bool {
	value = strings.ToLower(value)
	return slices.ContainsFunc([]string{"sslmode=require", "sslmode=verify", "ssl-mode=require", "ssl-mode=verify", "requiressl=true"},
		func(option string) bool { return strings.Contains(value, option) })
}
