package diagnose

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// checkHeard judges the answers on each port, of all pods at once.
func (c *checker) checkHeard(s *subject) {
	ports := map[int]map[string][]*snapshot.Probe{}
	for _, p := range s.Probes {
		id := c.heard(s, p)
		if id == "" {
			continue
		}
		if ports[p.Port] == nil {
			ports[p.Port] = map[string][]*snapshot.Probe{}
		}
		ports[p.Port][id] = append(ports[p.Port][id], p)
	}
	for _, port := range sortedKeys(ports) {
		for _, id := range sortedKeys(ports[port]) {
			c.addProbes(s, id, port, ports[port][id])
		}
	}
}

// heard is what a probe has found wrong; "" for nothing.
func (c *checker) heard(s *subject, p *snapshot.Probe) string {
	text := strings.ToLower(p.Text)
	switch {
	case p.Got != "":
		if want, _ := s.expected(p.Port); want != "" && want != p.Got {
			return "wire-other-engine"
		}
		return ""
	case p.Cut:
		return "wire-cut"
	case strings.Contains(text, "refused"):
		return "wire-no-listener"
	case strings.HasPrefix(text, "what came "):
		return "wire-other-engine"
	}
	return "wire-silent"
}

func (c *checker) addProbes(s *subject, id string, port int, probes []*snapshot.Probe) {
	f := finding.Finding{ID: id, Severity: finding.Error, Object: s.Object}
	var pods []string
	for _, p := range probes {
		pods = append(pods, p.Pod)
	}
	of := listed(pods)
	f.Evidence = quote(fmt.Sprintf("port %d of pod %s", port, of), answerOf(probes[0]))
	name := s.instanceAt(port)
	role := symptom
	switch id {
	case "wire-other-engine":
		want, source := s.expected(port)
		f.Severity, role = finding.Warning, aside
		if f.What = fmt.Sprintf("What answers on port %d for %s is no database that is known.", port, name); probes[0].Got != "" {
			f.What = fmt.Sprintf("On port %d, which is called that of %s, %s answers for %s.", port, engineName(want), engineName(probes[0].Got), name)
			f.Evidence = append(f.Evidence, source)
		}
		f.Fix = []finding.Step{do("Give the port a name and a number of that database, or the proxy the instance that was meant.")}
	case "wire-cut":
		f.What = fmt.Sprintf("The proxy takes connections on port %d and ends them at once: it does not reach %s.", port, name)
		f.Fix = []finding.Step{do("Its log says why:"), kubectlIn(s.Namespace, "logs", probes[0].Pod, "-c", s.Container.Name, "--tail=50")}
	case "wire-no-listener":
		f.What = fmt.Sprintf("Nothing hears on port %d of %s, where the proxy should, for %s.", port, counted(len(pods), "pod"), name)
		f.Fix = []finding.Step{do("See on which ports it says that it is listening:"), kubectlIn(s.Namespace, "logs", probes[0].Pod, "-c", s.Container.Name)}
	case "wire-silent":
		f.Severity = finding.Warning
		f.What = fmt.Sprintf("Nothing answers on port %d, though the connection is taken: the proxy may still be trying to reach %s, for up to 30 s.", port, name)
		f.Fix = []finding.Step{do("Its log says more when it gives up:"), kubectlIn(s.Namespace, "logs", probes[0].Pod, "-c", s.Container.Name, "--tail=50")}
	}
	c.add(s, role, f)
}

func answerOf(p *snapshot.Probe) string {
	switch {
	case p.Got != "" && p.Text != "":
		return p.Got + ", " + p.Text
	case p.Got != "":
		return p.Got
	case p.Text != "":
		return p.Text
	case p.Cut:
		return "the connection ended before any byte"
	}
	return "no byte came"
}

// instanceAt is the instance that is served on a port.
func (s *subject) instanceAt(port int) string {
	for _, l := range s.Listeners() {
		if l.Role == proxy.RoleDatabase && l.Port == port && l.Instance >= 0 {
			return s.Spec.Instances[l.Instance].Name
		}
	}
	if len(s.Spec.Instances) == 1 {
		return s.Spec.Instances[0].Name
	}
	return "its instance"
}

// expected is the engine that a port of the pods is for, and who says so: the Service by
// its port's name, the container by its own, or the number; "" where none does.
func (s *subject) expected(port int) (string, finding.Evidence) {
	for _, o := range s.Services {
		for _, p := range o.Value.Spec.Ports {
			if target, ok := s.TargetPort(p); ok && target == port {
				if engine := engineOf(p.Name); engine != "" {
					return engine, finding.Evidence{Source: "Service " + o.Name + ", name of port " + fmt.Sprint(p.Port), Text: p.Name}
				}
				if engine := engineAt(int(p.Port)); engine != "" {
					return engine, finding.Evidence{Source: "Service " + o.Name + ", port", Text: fmt.Sprint(p.Port)}
				}
			}
		}
	}
	for _, p := range s.Container.Ports {
		if engine := engineOf(p.Name); int(p.ContainerPort) == port && engine != "" {
			return engine, finding.Evidence{Source: s.Path + ".ports, name of " + fmt.Sprint(port), Text: p.Name}
		}
	}
	return engineAt(port), finding.Evidence{Source: "number of the port", Text: fmt.Sprint(port)}
}

func engineAt(port int) string {
	switch port {
	case 3306:
		return "mysql"
	case 5432:
		return "postgres"
	case 1433:
		return "sqlserver"
	}
	return ""
}

// engineOf is the engine that a port's name speaks of.
func engineOf(name string) string {
	name, _, _ = strings.Cut(name, "-")
	switch name {
	case "mysql":
		return "mysql"
	case "postgres", "postgresql", "pg", "pgsql":
		return "postgres"
	case "sqlserver", "mssql":
		return "sqlserver"
	}
	return ""
}

func engineName(engine string) string {
	switch engine {
	case "mysql":
		return "MySQL"
	case "postgres":
		return "PostgreSQL"
	case "sqlserver":
		return "SQL Server"
	}
	return engine
}
