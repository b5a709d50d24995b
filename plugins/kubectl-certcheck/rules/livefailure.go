package rules

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// liveTrouble is what is said of a kind of failure: the endpoints, the verb, the rest,
// the hosts.
type liveTrouble struct{ verb, rest, cause string }

func liveTroubleOf(f *served.Failure) liveTrouble {
	const broken = "Servers do so where they have no certificate to serve, Envoy also for a host that it does not know."
	switch f.Kind {
	case served.NoSuchHost:
		return liveTrouble{"has", "a name that DNS knows no address for", "The load balancer is gone, or its name is not yet known everywhere."}
	case served.Refused:
		return liveTrouble{"refuses", "connections: nothing listens there", "The server has no such port, or did not open it for want of a certificate."}
	case served.Unreachable:
		return liveTrouble{"does", "not answer: no way leads there from here", "A firewall or a route is missing, or the address is gone."}
	case served.ConnectTimeout:
		return liveTrouble{"does", "not answer to the attempt to connect", "A firewall drops what comes, or nothing behind the address is healthy."}
	case served.Timeout:
		cause := "The server is overloaded, or waits for something, as for its certificate."
		if f.Received > 0 {
			cause = "Some of the answer came: the rest, a certificate, may be too large for the way (MTU)."
		}
		return liveTrouble{"does", "not finish the TLS handshake", cause}
	case served.Reset:
		return liveTrouble{"breaks", "the connection in the TLS handshake", broken}
	case served.Closed:
		return liveTrouble{"closes", "the connection in the TLS handshake", broken}
	case served.PlainHTTP:
		return liveTrouble{"answers", "in HTTP without TLS", "The port is not set up for TLS."}
	case served.NotTLS:
		return liveTrouble{"answers", "with something that is not TLS", "The port belongs to another protocol."}
	case served.Alert:
		return liveTrouble{"refuses", "the TLS handshake with the alert " + f.Alert, ""}
	case served.NoCommonVersion:
		return liveTrouble{"speaks", "no version of TLS that is known", ""}
	case served.BadCertificate:
		return liveTrouble{"serves", "a certificate that cannot be read", ""}
	}
	return liveTrouble{"fails", "in the TLS handshake", ""}
}

// liveNotLooked reports whether a failure says nothing of the server.
func liveNotLooked(s *Served, f *served.Failure) bool {
	switch f.Kind {
	case served.Forbidden, served.NoPod, served.ForwardFailed, served.NotAsked, served.Canceled, served.LookupFailed:
		return true
	case served.ConnectTimeout, served.Unreachable:
		return s.Pod.Name != "" || livePrivate(s.Endpoint) // the API server did not answer, or nobody may from here
	}
	return false
}

func livePrivate(endpoint string) bool {
	address, err := netip.ParseAddrPort(endpoint)
	return err == nil && address.Addr().IsPrivate()
}

// liveUnseen: LIVE01 of what could not be looked at.
func (c *checker) liveUnseen(d *liveDoor) {
	var views []liveView
	for _, s := range d.served {
		if f := s.Result.Failure; f != nil && liveNotLooked(s, f) {
			views = append(views, liveView{Served: s, Handshake: &served.Handshake{Failure: f}})
		}
	}
	for _, v := range d.views {
		if v.Failure != nil && liveNotLooked(v.Served, v.Failure) {
			views = append(views, v)
		}
	}
	type key struct {
		kind              served.Kind
		namespace, reason string
	}
	for _, g := range liveGroups(views, func(v liveView) (key, bool) {
		return key{v.Failure.Kind, v.Pod.Namespace, liveWhyNot(v)}, true
	}) {
		failure := g.views[0].Failure
		f := finding.Finding{
			ID: "LIVE01", Severity: finding.Skipped, Object: d.Object,
			What:     fmt.Sprintf("What %s%s was not looked at: %s.", g.subject("serves"), g.forHosts(), liveWhyNot(g.views[0])),
			Evidence: quote("handshake with "+g.views[0].Served.Endpoint, failure.Detail),
		}
		switch failure.Kind {
		case served.Forbidden:
			f.Fix = liveRight(g.key.namespace)
		case served.NotAsked:
			f.Evidence = nil // the sentence has it
		}
		c.add(aside, f)
	}
}

func liveWhyNot(v liveView) string {
	switch v.Failure.Kind {
	case served.Forbidden:
		return "the right to forward ports to pods in namespace " + v.Pod.Namespace + " is missing"
	case served.NoPod:
		return "the pod is gone, or does not run"
	case served.ForwardFailed:
		return "the port-forward failed"
	case served.Canceled:
		return "time was up"
	case served.LookupFailed:
		return "DNS gave no answer"
	case served.NotAsked:
		return v.Failure.Detail
	}
	if v.Pod.Name != "" {
		return "the API server did not get through to the pod"
	}
	return "the address is private, and does not answer from here"
}

// liveRight are the steps to the right to forward ports.
func liveRight(namespace string) []finding.Step {
	return []finding.Step{
		do("Get the right create on pods/portforward (before Kubernetes 1.35 also get), or name an address by --connect. A Role with it:"),
		run(script.Command("kubectl", "-n", namespace, "create", "role", "port-forward", "--verb=create,get", "--resource=pods/portforward")),
	}
}

// liveConnections: LIVE01.
func (c *checker) liveConnections(d *liveDoor) {
	var views []liveView
	for _, s := range d.served {
		if f := s.Result.Failure; f != nil && !liveNotLooked(s, f) {
			views = append(views, liveView{Served: s, Handshake: &served.Handshake{Failure: f}})
		}
	}
	for _, v := range d.views {
		if liveFails(v) && !liveNamed(v) {
			views = append(views, v)
		}
	}
	type key struct {
		kind  served.Kind
		alert string
		part  part
	}
	for _, g := range liveGroups(views, func(v liveView) (key, bool) {
		return key{v.Failure.Kind, v.Failure.Alert, c.liveFollows(d.Object, v.Secrets)}, true
	}) {
		trouble := liveTroubleOf(g.views[0].Failure)
		severity := finding.Error
		if d.Kind == "Pod" {
			severity = finding.Warning // that the port is for TLS is a guess by its name or number
		}
		c.add(g.key.part, finding.Finding{
			ID: "LIVE01", Severity: severity, Object: d.Object,
			What:     fmt.Sprintf("%s %s%s.", g.subject(trouble.verb), trouble.rest, g.forHosts()),
			Evidence: liveEvidence(g.views[0]), Cause: trouble.cause, Fix: c.liveLook(d, g.views[0]),
		})
	}
}

// liveFails reports whether a handshake came to nothing. A server that wants a
// certificate of the client has served its own.
func liveFails(v liveView) bool {
	switch {
	case v.Failure == nil || liveNotLooked(v.Served, v.Failure):
		return false
	case v.Chain != nil && v.ClientAuth != served.NoClientAuth:
		return false
	}
	return true
}

func liveEvidence(v liveView) []finding.Evidence {
	text := v.Failure.Detail
	if v.Failure.Alert != "" {
		text = "alert " + v.Failure.Alert
	}
	source := "handshake with " + v.Served.Endpoint
	if v.Host != "" {
		source += ", name " + served.ServerName(v.Host)
	}
	return quote(source, text)
}

// liveLook are the steps that show more.
func (c *checker) liveLook(d *liveDoor, v liveView) []finding.Step {
	if v.Pod.Name == "" {
		args := []string{"openssl", "s_client", "-connect", v.Served.Endpoint}
		if name := served.ServerName(v.Host); name != "" {
			args = append(args, "-servername", name)
		}
		return []finding.Step{run(script.Command(args...) + " </dev/null")}
	}
	steps := []finding.Step{run(liveLogs(c.livePod(v.Pod), v.Pod))}
	if liveIstio(d.Object) {
		steps = append(steps, do("Look for the names of the Secret and of the Gateway in the log of istiod, too."))
	}
	return steps
}

func liveLogs(p *chain.Pod, n chain.Name) string {
	args := []string{"kubectl", "-n", n.Namespace, "logs", n.Name}
	if p != nil && len(p.Containers) > 1 {
		args = append(args, "--all-containers")
	}
	return script.Command(append(args, "--tail=100")...)
}

func liveIstio(o finding.Object) bool { return strings.HasPrefix(o.APIVersion, chain.IstioGroup+"/") }

// livePod returns a pod; nil if it is not in the snapshot.
func (c *checker) livePod(n chain.Name) *chain.Pod {
	for _, p := range c.Pods {
		if p.Namespace == n.Namespace && p.Name == n.Name {
			return p
		}
	}
	return nil
}
