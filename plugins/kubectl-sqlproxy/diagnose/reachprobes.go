package diagnose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// probeCatalogue is what can be wrong with how the kubelet asks the proxy for its health.
func probeCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "health-loopback", Severity: finding.Error, Title: "The server for health checks listens on localhost, where no kubelet reaches it"},
		{ID: "probe-without-flag", Severity: finding.Error, Title: "Probes ask for health checks that the proxy is not told to serve"},
		{ID: "probe-port", Severity: finding.Error, Title: "A probe asks at a port or path where the proxy does not answer"},
		{ID: "no-probes", Severity: finding.Warning, Title: "A shared proxy has no readiness probe"},
	}
}

// namedProbe is a probe, with its field and the word that events have for it.
type namedProbe struct {
	field, word string
	*corev1.Probe
}

func probesOf(container *corev1.Container) []namedProbe {
	var all []namedProbe
	for _, p := range []namedProbe{
		{"startupProbe", "Startup", container.StartupProbe},
		{"livenessProbe", "Liveness", container.LivenessProbe},
		{"readinessProbe", "Readiness", container.ReadinessProbe},
	} {
		if p.Probe != nil {
			all = append(all, p)
		}
	}
	return all
}

// checkProbes judges how the kubelet asks the proxy for its health: from the node, at the
// pod's address, of sidecars as well.
func (c *checker) checkProbes(s *subject) {
	c.checkNoProbes(s)
	if !s.told() {
		return
	}
	byID := map[string][]finding.Finding{}
	var ids []string
	for _, p := range probesOf(s.Container) {
		f, ok := c.probe(s, p)
		if !ok || c.disproved(s, p) {
			continue
		}
		if len(byID[f.ID]) == 0 {
			ids = append(ids, f.ID)
		}
		byID[f.ID] = append(byID[f.ID], f)
	}
	for _, id := range ids {
		f := byID[id][0]
		for _, other := range byID[id][1:] {
			f.Evidence = append(f.Evidence, other.Evidence...)
		}
		f.Evidence = uniqueEvidence(f.Evidence)
		c.add(s, blocks, f)
	}
}

func uniqueEvidence(all []finding.Evidence) []finding.Evidence {
	var once []finding.Evidence
	for _, e := range all {
		if !slices.Contains(once, e) {
			once = append(once, e)
		}
	}
	return once
}

// probe judges one probe.
func (c *checker) probe(s *subject, p namedProbe) (finding.Finding, bool) {
	if p.HTTPGet == nil && p.TCPSocket == nil {
		return finding.Finding{}, false // a program in the container asks
	}
	port, path, ok := askedAt(s.Container, p.Probe)
	field := s.Path + "." + p.field
	f := finding.Finding{ID: "probe-port", Severity: finding.Error, Object: s.Object, Evidence: quote(field, shownProbe(p.Probe))}
	if !ok {
		if port == 0 && path != "" { // the name of a port that is not there
			f.What = fmt.Sprintf("The %s asks at port %s, which is no port of the container, so it always fails.", p.field, path)
			f.Fix = []finding.Step{do(fmt.Sprintf("Add a port of the name %s to %s.ports, or write the number.", path, s.Path))}
			return f, true
		}
		return f, false
	}
	l, heard := listenerAt(&s.Spec, port)
	switch {
	case !heard:
		return c.unheardProbe(s, p, f, port, path)
	case l.Role == proxy.RoleHTTP && l.Loopback():
		f.ID = "health-loopback"
		f.What = fmt.Sprintf("The proxy answers health checks on %s only, but the kubelet asks at the pod's address: the probes fail.", shownListener(l))
		f.Fix = []finding.Step{do(fmt.Sprintf("Add --http-address=0.0.0.0 to %s.args.", s.Path))}
	case l.Loopback() && !s.Shared:
		f.What = fmt.Sprintf("The %s asks at port %d, where the proxy listens on localhost only: the kubelet asks at the pod's address, so it fails.", p.field, port)
		f.Fix = healthFix(s)
	case l.Loopback():
		return f, false // the listener's fault
	case path == "":
		return f, false
	case l.Role != proxy.RoleHTTP:
		f.What = fmt.Sprintf("The %s asks by HTTP at port %d, where the proxy serves a database: it always fails.", p.field, port)
		f.Fix = healthFix(s)
	case !s.Spec.HTTP.HealthCheck && path != "/metrics":
		f.ID = "probe-without-flag"
		f.What = fmt.Sprintf("The probes ask for %s, but without --health-check the proxy serves only its metrics there, and answers 404.", path)
		f.Fix = healthFix(s)
	case p.HTTPGet.Scheme == corev1.URISchemeHTTPS:
		f.What = fmt.Sprintf("The %s asks by HTTPS, but the proxy answers by HTTP.", p.field)
		f.Fix = []finding.Step{do(fmt.Sprintf("Write scheme: HTTP in %s.", field))}
	case !slices.Contains([]string{"/startup", "/liveness", "/readiness", "/metrics"}, path):
		f.What = fmt.Sprintf("The %s asks for %s, which the proxy does not know: it answers 404.", p.field, path)
		f.Fix = []finding.Step{do(fmt.Sprintf("Write path: /%s in %s.", strings.ToLower(p.word), field))}
	default:
		return f, false
	}
	f.Evidence = append(f.Evidence, c.unhealthy(s, p.word)...)
	return f, true
}

// unheardProbe is for a probe at a port on which the proxy does not listen.
func (c *checker) unheardProbe(s *subject, p namedProbe, f finding.Finding, port int, path string) (finding.Finding, bool) {
	if slices.ContainsFunc(s.Spec.Listeners(nil), func(l proxy.Listener) bool { return l.Port == 0 && l.Network != "unix" }) && path == "" {
		return f, false // the port of the database's engine, perhaps
	}
	for _, container := range c.strangers(s) {
		for _, other := range container.Ports {
			if int(other.ContainerPort) == port {
				return f, false
			}
		}
	}
	http, ok := s.Spec.HTTPListener()
	switch {
	case strings.HasPrefix(path, "/app-health/"):
		return f, false // Istio's own, which asks for the container
	case ok:
		f.What = fmt.Sprintf("The %s asks at port %d, but the proxy answers health checks at port %d.", p.field, port, http.Port)
		f.Fix = []finding.Step{do(fmt.Sprintf("Have the port of %s.%s be %d, or tell the proxy %s=%d.", s.Path, p.field, http.Port, httpPortFlag(s.Spec.Engine), port))}
	case path != "":
		f.ID = "probe-without-flag"
		f.What = fmt.Sprintf("The probes ask at port %d, but the proxy is not told to serve health checks, so they fail.", port)
		f.Fix = healthFix(s)
	default:
		f.What = fmt.Sprintf("The %s asks at port %d, on which the proxy does not listen.", p.field, port)
		f.Fix = []finding.Step{do("Have it ask at a port on which the proxy listens.")}
	}
	f.Evidence = append(f.Evidence, c.unhealthy(s, p.word)...)
	return f, true
}

func httpPortFlag(e proxy.Engine) string {
	if e == proxy.V1 {
		return "-health_check_port"
	}
	return "--http-port"
}

// healthFix is how the proxy comes to serve health checks.
func healthFix(s *subject) []finding.Step {
	switch {
	case s.Spec.Engine == proxy.V1 && s.Spec.Version.Before(proxy.Version{Major: 1, Minor: 25}):
		return []finding.Step{do("Before v1.25 it serves no health checks: have the probes be tcpSocket at the port of the database.")}
	case s.Spec.Engine == proxy.V1:
		return []finding.Step{do("Add -use_http_health_check -health_check_port=9090 to the command, and have the probes ask at port 9090.")}
	}
	return []finding.Step{do(fmt.Sprintf("Add --health-check --http-address=0.0.0.0 --http-port=9090 to %s.args, and have the probes ask at port 9090.", s.Path))}
}

// askedAt is where a probe asks: a path is there for HTTP alone. It is false where it asks
// otherwise, and where the port is a name that the container does not have, which is then
// the path.
func askedAt(container *corev1.Container, p *corev1.Probe) (port int, path string, ok bool) {
	at := p.TCPSocket
	host := ""
	switch {
	case p.HTTPGet != nil:
		path, host = p.HTTPGet.Path, p.HTTPGet.Host
		if path == "" {
			path = "/"
		}
		at = &corev1.TCPSocketAction{Port: p.HTTPGet.Port}
	case at != nil:
		host = at.Host
	default:
		return 0, "", false
	}
	if host != "" {
		return 0, "", false
	}
	if at.Port.StrVal == "" {
		return int(at.Port.IntVal), path, at.Port.IntVal != 0
	}
	for _, named := range container.Ports {
		if named.Name == at.Port.StrVal {
			return int(named.ContainerPort), path, true
		}
	}
	return 0, at.Port.StrVal, false
}

func shownProbe(p *corev1.Probe) string {
	if p.HTTPGet != nil {
		return fmt.Sprintf("httpGet %s at port %s", p.HTTPGet.Path, p.HTTPGet.Port.String())
	}
	return "tcpSocket at port " + p.TCPSocket.Port.String()
}

func listenerAt(spec *proxy.Spec, port int) (proxy.Listener, bool) {
	for _, l := range spec.Listeners(nil) {
		if l.Port == port && l.Network != "unix" {
			return l, true
		}
	}
	return proxy.Listener{}, false
}

// checkNoProbes finds a shared proxy whose pods get clients before it listens. A startup
// probe keeps them away until then, too.
func (c *checker) checkNoProbes(s *subject) {
	if !s.Shared || s.Container.ReadinessProbe != nil || s.Container.StartupProbe != nil || s.Pooler != nil && s.Pooler.ReadinessProbe != nil {
		return
	}
	fix := healthFix(s)
	if s.Spec.HTTP.HealthCheck {
		fix = nil
	}
	if s.Spec.Engine == proxy.V2 && !s.Spec.Version.Before(proxy.Version{Major: 2, Minor: 11, Patch: 1}) || s.Spec.Engine == proxy.AlloyDB {
		fix = append(fix, do(fmt.Sprintf("Add readinessProbe: {httpGet: {path: /readiness, port: 9090}} to %s.", s.Path)))
	} else {
		port := "PORT"
		if all := databaseListeners(&s.Spec); len(all) > 0 && all[0].Port != 0 {
			port = strconv.Itoa(all[0].Port)
		}
		fix = []finding.Step{do(fmt.Sprintf("Add readinessProbe: {tcpSocket: {port: %s}} to %s. The /readiness of this version asks every database: one that is down would take all pods out of the Service.", port, s.Path))}
	}
	c.add(s, aside, finding.Finding{
		ID: "no-probes", Severity: finding.Warning, Object: s.Object,
		What:     "The proxy has no readiness probe: its pods get connections before it listens, and a rollout goes on although the new pods do not serve.",
		Evidence: quote(s.Path+".readinessProbe", "none"),
		Fix:      fix,
	})
}
