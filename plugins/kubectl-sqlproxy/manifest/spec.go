package manifest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// How long a pod that is to end goes on, so that all nodes have time to send new
// connections elsewhere; and how long it then waits for clients to leave.
const (
	goOn     = 15 * time.Second
	waitFor  = 30 * time.Second
	toSpare  = 10 * time.Second // until the kubelet kills it
	allHosts = "0.0.0.0"
)

// makeSpec says what the proxy is told: first what has to be, then what is asked for,
// then what makes it better, if the version knows it.
func (p *plan) makeSpec() {
	p.spec = proxy.Spec{Program: p.Program}
	for _, s := range p.served {
		i := proxy.Instance{Name: s.Connection, Port: proxy.Some(s.port)}
		if p.Engine == proxy.V1 {
			i.Address = proxy.Some(allHosts) // it has none for all
		}
		p.spec.Instances = append(p.spec.Instances, i)
	}
	if p.Engine != proxy.V1 {
		p.spec.Listen.Address = proxy.Some(allHosts)
	}
	if secret := p.credentials(); secret.Name != "" {
		p.spec.Credentials.File = keyDirectory + "/" + secret.Key
	}
	p.askRoute()
	if p.Endpoint != "" {
		p.ask("--api-endpoint", func(s *proxy.Spec) { s.API.Endpoint = proxy.Some(p.endpoint()) })
	}
	if p.IAMLogin {
		p.ask("--auto-iam-authn", func(s *proxy.Spec) { s.Credentials.IAMLogin = true })
	}
	if p.MaxConnections > 0 {
		p.ask("--max-connections", func(s *proxy.Spec) { s.MaxConnections = p.MaxConnections })
	}
	if p.Engine == proxy.V1 {
		p.improveV1()
	} else {
		p.improve()
	}
}

// endpoint is the API's address as the program wants it: v1 with a slash at its end,
// without which it prints its help and ends.
func (p *plan) endpoint() string {
	if p.Engine == proxy.V1 {
		return strings.TrimSuffix(p.Endpoint, "/") + "/"
	}
	return p.Endpoint
}

// askRoute says by which address instances are reached. Each program has its own
// default, for which there is no flag.
func (p *plan) askRoute() {
	v1Types := func(types string) func(*proxy.Spec) {
		return func(s *proxy.Spec) { s.IP.Types = proxy.Some(types) }
	}
	switch {
	case p.Route == proxy.RoutePrivate && p.Engine == proxy.V2:
		p.ask("--private-ip", func(s *proxy.Spec) { s.IP.Private = true })
	case p.Route == proxy.RoutePrivate && p.Engine == proxy.V1:
		p.ask("--private-ip", v1Types("PRIVATE"))
	case p.Route == proxy.RoutePublic && p.Engine == proxy.V1:
		p.ask("--public-ip", v1Types("PUBLIC"))
	case p.Route == proxy.RoutePublic && p.Engine == proxy.AlloyDB:
		p.ask("--public-ip", func(s *proxy.Spec) { s.IP.Public = true })
	case p.Route == proxy.RoutePSC:
		p.ask("--psc", func(s *proxy.Spec) { s.IP.PSC = true })
	case p.Route == proxy.RouteAny && p.Engine == proxy.V1:
		p.ask("--auto-ip", v1Types("PUBLIC,PRIVATE"))
	case p.Route == proxy.RouteAny:
		p.ask("--auto-ip", func(s *proxy.Spec) { s.IP.Auto = true })
	}
}

func (p *plan) improve() {
	p.spec.Logs.Structured = true
	p.spec.HTTP = proxy.HTTP{HealthCheck: true, Address: proxy.Some(allHosts), Port: proxy.Some(strconv.Itoa(httpPort)), Prometheus: true}
	p.spec.Shutdown.MaxDelay = waitFor
	if !p.prefer(func(s *proxy.Spec) { s.Shutdown.MinDelay = goOn }) {
		p.sleepFirst("--min-sigterm-delay")
	}
	if !p.prefer(func(s *proxy.Spec) { s.Shutdown.ExitZero = true }) {
		p.drop("exit code 0 after SIGTERM, so that a pod that ends well is shown as failed")
	}
}

func (p *plan) improveV1() {
	if !p.prefer(func(s *proxy.Spec) { s.Logs.Structured = true }) {
		p.drop("structured logs")
	}
	if !p.prefer(func(s *proxy.Spec) { s.V1.LogDebugStdout = true }) {
		p.drop("a log of what is normal on stdout, so that all of it is shown as errors")
	}
	if !p.prefer(func(s *proxy.Spec) { s.HTTP.HealthCheck, s.HTTP.Port = true, proxy.Some(strconv.Itoa(httpPort)) }) {
		p.drop("health checks, so that probes only see that it listens, and each has it dial the database")
	}
	if !p.prefer(func(s *proxy.Spec) { s.Shutdown.MaxDelay = waitFor }) {
		p.drop("waiting for open connections, so that they are cut when a pod ends")
	}
	p.sleepFirst("--min-sigterm-delay")
}

// sleepFirst has the kubelet wait before it tells the pod to end, for a proxy that
// cannot go on by itself after that. The image has no sleep of its own.
func (p *plan) sleepFirst(flag string) {
	if p.Server.has(preStopSleepSince) {
		p.drain = int64(goOn / time.Second)
		return
	}
	p.drop(fmt.Sprintf("%s, nor has Kubernetes %s preStop.sleep, so that clients are refused until all nodes know that a pod ends", flag, p.Server))
}

func (p *plan) drop(what string) { p.dropped = append(p.dropped, what) }

// prefer tells the proxy more, if its version knows it.
func (p *plan) prefer(set func(*proxy.Spec)) bool {
	_, told := p.tell(set)
	return told
}

// ask tells the proxy what the user asked for by a flag, or complains.
func (p *plan) ask(flag string, set func(*proxy.Spec)) {
	if problem, told := p.tell(set); !told {
		p.complain("%s: %s cannot do it: %s", flag, p.program(), problem.Fix)
	}
}

// tell changes what the proxy is told, unless its version has no words for the change.
// What it has none for already, a name that is none, say, does not count.
func (p *plan) tell(set func(*proxy.Spec)) (proxy.Problem, bool) {
	_, _, before := proxy.Render(p.spec)
	s := p.spec
	set(&s)
	_, _, after := proxy.Render(s)
	for _, problem := range after {
		if !slices.Contains(before, problem) {
			return problem, false
		}
	}
	p.spec = s
	return proxy.Problem{}, true
}

// render writes the arguments, and complains about what the proxy's own rules find
// wrong with them.
func (p *plan) render() {
	args, _, problems := proxy.Render(p.spec)
	p.args = args
	for _, problem := range append(problems, proxy.Validate(p.spec)...) {
		if problem.Severity == finding.Error {
			p.complain("%s: %s; %s", problem.Where, problem.What, problem.Fix)
		}
	}
}

// grace is how long the kubelet gives a pod to end, in seconds.
func (p *plan) grace() int64 {
	return p.drain + int64((p.spec.Shutdown.MinDelay+p.spec.Shutdown.MaxDelay+toSpare)/time.Second)
}
