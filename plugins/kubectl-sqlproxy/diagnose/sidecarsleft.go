package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// checkLeft judges a sidecar of an instance that a shared proxy serves.
func (c *checker) checkLeft(s *subject) {
	var instances, places []string
	var server *snapshot.Proxy
	used := false
	for _, i := range s.Spec.Instances {
		all := c.around().shared[i.Name]
		if len(all) == 0 {
			continue
		}
		server = nearest(all, s.Namespace)
		instances = append(instances, i.Name)
		if at := servedAt(server, i.Name); at != "" {
			places = append(places, at)
		}
		used = used || slices.ContainsFunc(all, func(p *snapshot.Proxy) bool { return c.uses(s.Workload, p) })
	}
	if len(instances) == 0 {
		return
	}
	f := finding.Finding{
		ID: "sidecar-left", Severity: finding.Info, Object: s.Object,
		What:     fmt.Sprintf("Each pod of %s has a proxy of its own for %s, which %s in namespace %s serves for all.", s.ref(), listed(instances), refOf(server.Object), server.Namespace),
		Evidence: append(quote(s.Path, s.Container.Name+", "+s.Container.Image), c.loopbackUses(s)...),
	}
	if used {
		f.ID = "sidecar-and-service"
		f.What = fmt.Sprintf("The pods of %s have a proxy of their own for %s, and use that of %s in namespace %s, too: connections are open in both.", s.ref(), listed(instances), refOf(server.Object), server.Namespace)
		f.Evidence = append(f.Evidence, c.serviceUses(s, server)...)
	}
	if len(places) > 0 {
		f.Evidence = append(f.Evidence, finding.Evidence{Source: "served at", Text: listed(places)})
	}
	switch {
	case strings.HasPrefix(s.Container.Name, "csql-"):
		f.Cause = "The container's name is that of the Cloud SQL Proxy Operator, which puts it there."
		f.Fix = []finding.Step{
			do("Point the application to the Service, and delete the AuthProxyWorkload:"),
			kubectlIn(s.Namespace, "get", "authproxyworkloads.cloudsql.cloud.google.com"),
		}
	default:
		f.Fix = []finding.Step{do("Let this plugin write the workload without the sidecar:"), s.convert()}
	}
	c.add(s, aside, f)
}

// nearest is the shared proxy of a namespace, or else the first.
func nearest(all []*snapshot.Proxy, namespace string) *snapshot.Proxy {
	for _, p := range all {
		if p.Namespace == namespace {
			return p
		}
	}
	return all[0]
}

// servedAt is where clients find an instance: "orders.shop.svc:5432"; "" where no Service
// leads to it.
func servedAt(p *snapshot.Proxy, instance string) string {
	for _, l := range p.Listeners() {
		if l.Role != proxy.RoleDatabase || l.Instance < 0 || p.Spec.Instances[l.Instance].Name != instance {
			continue
		}
		for _, o := range p.Services {
			for _, port := range o.Value.Spec.Ports {
				if target, ok := p.TargetPort(port); ok && target == l.Port {
					return fmt.Sprintf("%s.%s.svc:%d", o.Name, o.Namespace, port.Port)
				}
			}
		}
	}
	return ""
}

// uses reports whether a workload is told to use a Service of a proxy.
func (c *checker) uses(w *snapshot.Workload, p *snapshot.Proxy) bool {
	return slices.ContainsFunc(p.Services, func(o *serviceItem) bool {
		return c.around().told[w][keyOf(o.Object)]
	})
}

func (c *checker) serviceUses(s *subject, p *snapshot.Proxy) []finding.Evidence {
	var all []finding.Evidence
	c.eachHost(s.Workload, func(u use) {
		at, ok := serviceOf(u.host, s.Namespace)
		if ok && slices.ContainsFunc(p.Services, func(o *serviceItem) bool { return keyOf(o.Object) == at }) {
			all = append(all, u.evidence())
		}
	})
	return all
}

// loopbackUses are the variables by which the pod's own proxy is used.
func (c *checker) loopbackUses(s *subject) []finding.Evidence {
	var all []finding.Evidence
	c.eachHost(s.Workload, func(u use) {
		if loopback(u.host) {
			all = append(all, u.evidence())
		}
	})
	return all
}
