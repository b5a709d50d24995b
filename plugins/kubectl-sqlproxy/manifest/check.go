package manifest

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// check finds all that is wrong, and makes what the proxy is told.
func (p *plan) check() {
	p.checkProgram()
	p.checkNames()
	p.checkNumbers()
	p.checkIdentity()
	p.checkExposure()
	p.checkInstances()
	p.makeSpec() // complains, too, of what is asked for in vain
	if len(p.wrong) == 0 {
		p.render()
	}
}

func (p *plan) checkProgram() {
	major := map[proxy.Engine]int{proxy.V1: 1, proxy.V2: 2, proxy.AlloyDB: 1}
	want, known := major[p.Engine]
	switch {
	case !known:
		p.complain("--engine %q: it is one of v1, v2 and alloydb", p.Engine)
		return
	case p.Version.Major != want && !(p.Engine == proxy.AlloyDB && p.Version.Major == 0):
		p.complain("--proxy-version %s: versions of --engine %s begin with %d.", p.Version, p.Engine, want)
	}
	if strings.ContainsFunc(p.Image, func(r rune) bool { return r <= ' ' || r > '~' }) {
		p.complain("--image %q: an image has no blanks and no characters but those of ASCII", p.Image)
	}
	if program, ok := proxy.Identify(p.Image); ok && program.Engine != p.Engine {
		p.complain("--image %q: this is an image of --engine %s, not %s", p.Image, program.Engine, p.Engine)
	} else if ok && program.Version.Known() && program.Version != p.Version {
		p.complain("--image %q: its tag is not --proxy-version %s: give one of them", p.Image, p.Version)
	}
}

func (p *plan) checkNames() {
	if bad := validation.IsDNS1035Label(p.Name); len(bad) > 0 {
		p.complain("--name %q: %s", p.Name, bad[0])
	}
	if bad := validation.IsDNS1123Label(p.Namespace); p.Namespace != "" && len(bad) > 0 {
		p.complain("--namespace %q: %s", p.Namespace, bad[0])
	}
	if bad := validation.IsDNS1123Label(p.Monitoring); p.Monitoring != "" && len(bad) > 0 {
		p.complain("--monitoring %q: it is the namespace that scrapes: %s", p.Monitoring, bad[0])
	}
	if p.Monitoring != "" && p.Engine == proxy.V1 {
		p.complain("--monitoring: v1 has no metrics; use --engine v2")
	}
}

// checkNumbers is about replicas, memory and the server's version.
func (p *plan) checkNumbers() {
	if p.Replicas < 1 || p.Replicas > 1000 {
		p.complain("--replicas %d: from 1 to 1000", p.Replicas)
	}
	if p.HPA && p.Replicas < 2 {
		p.complain("--hpa: it begins with --replicas, which has to be 2 or more: a single pod is not redundant")
	}
	if !p.Server.has(oldestServer) {
		p.complain("--server-version %s: the objects need 1.%d or newer", p.Server, oldestServer)
	}
	if p.Memory == "" {
		return
	}
	limit, err := resource.ParseQuantity(p.Memory)
	switch {
	case err != nil:
		p.complain("--memory %q: it is no quantity, as 512Mi is", p.Memory)
	case limit.Value() < idleMemory:
		p.complain("--memory %s: a proxy without clients has 32Mi already; give it 64Mi or more", p.Memory)
	}
}

// checkExposure refuses to open databases to others than the cluster unasked.
func (p *plan) checkExposure() {
	e := p.Exposure
	if !slices.Contains([]string{"ClusterIP", "NodePort", "LoadBalancer"}, e.Type) {
		p.complain("--service-type %q: it is one of ClusterIP, NodePort and LoadBalancer", e.Type)
		return
	}
	if e.Type == "ClusterIP" {
		if e.Wanted || len(e.Ranges) > 0 {
			p.complain("--expose and --source-ranges go with --service-type LoadBalancer or NodePort")
		}
		return
	}
	if !e.Wanted {
		p.complain("--service-type %s: it opens the databases to others than the cluster, and what runs between client and proxy is not encrypted: if that is meant, add --expose", e.Type)
	}
	if len(e.Ranges) == 0 {
		p.complain("--service-type %s: say who may connect with --source-ranges, as 10.0.0.0/8", e.Type)
	}
	for _, r := range e.Ranges {
		if err := checkRange(r); err != nil {
			p.complain("--source-ranges %q: %w", r, err)
		}
	}
}

// checkInstances is about what the proxy's own rules do not know: Services and ports.
func (p *plan) checkInstances() {
	if len(p.served) == 0 {
		p.complain("--instance is needed: the connection name of a database server, as in --instance PROJECT:REGION:INSTANCE=postgres")
	}
	seen := seen{}
	for _, s := range p.served {
		if _, err := proxy.ParseName(p.Engine, s.Connection); err != nil {
			p.complain("--instance %q: %w", s.Connection, err)
			continue
		}
		switch {
		case s.PodPort == httpPort || s.PodPort == adminPort:
			p.complain("--instance %s: its pods have it on port %d, which the proxy needs for itself: have them use another port first", s.Connection, s.PodPort)
		case s.Port == httpPort || s.Port == adminPort:
			p.complain("--instance %s: the proxy itself has port %d: give another", s.Connection, s.Port)
		case s.Port < 1 || s.Port > 65535:
			p.complain("--instance %s: %d is no port: give one from 1024 to 65535", s.Connection, s.Port)
		case s.port < 1024:
			p.complain("--instance %s: only root may listen on port %d: give one from 1024 to 65535", s.Connection, s.Port)
		case s.port > 65535:
			p.complain("--instance %s: port %d is another's in the pods already, and there is none after it: give a lower one", s.Connection, s.Port)
		}
		p.taken(seen, "server", s.Connection, s)
		p.taken(seen, "port name", s.portName, s)
		if s.portName == httpPortName {
			p.complain("--instance %s: its pods have it on the port called %s, which is the name of the proxy's own: have them use another name first", s.Connection, s.portName)
		}
		if p.SingleService {
			p.taken(seen, "port of the one Service (--single-service)", fmt.Sprint(s.Port), s)
			continue
		}
		if s.Service == "" {
			p.taken(seen, "Service", s.service, s)
		} else {
			p.taken(seen, "port of the Service "+s.service, fmt.Sprint(s.Port), s)
		}
		p.checkService(s.service, "--instance "+s.Connection)
	}
	if p.SingleService {
		p.checkService(p.Name, "--name "+p.Name)
	}
}

// seen is which instance has what.
type seen map[[2]string]string

// taken complains about two instances with the same.
func (p *plan) taken(all seen, kind, value string, s served) {
	first, found := all[[2]string{kind, value}]
	switch {
	case !found:
		all[[2]string{kind, value}] = s.Connection
	case kind == "server":
		p.complain("--instance %s is there twice", s.Connection)
	case first != s.Connection:
		p.complain("--instance %s and %s: both have the %s %s: give another port with =PORT, or make a proxy of its own with --name", first, s.Connection, kind, value)
	}
}

// checkService is about a Service's name.
func (p *plan) checkService(name, flag string) {
	if bad := validation.IsDNS1035Label(name); len(bad) > 0 && len(validation.IsDNS1035Label(p.Name)) == 0 {
		p.complain("%s: its Service would be called %q: %s; choose a shorter --name, or --single-service", flag, name, bad[0])
	}
	// Kubernetes tells containers of Services by variables, NAME_PORT among them, and
	// every proxy in a pod of the namespace takes these for its own options.
	switch name {
	case "csql-proxy", "csql-proxy-http", "csql-proxy-admin", "alloydb-proxy", "alloydb-proxy-http", "alloydb-proxy-admin":
		p.complain("%s: a Service called %s sets the variable %s_PORT in the namespace's pods, which proxies there take for an option: choose another --name",
			flag, name, strings.ReplaceAll(strings.ToUpper(name), "-", "_"))
	}
}
