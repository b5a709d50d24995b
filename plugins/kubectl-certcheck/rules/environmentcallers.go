package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkCallers judges cert-manager's webhook, without which the API server takes no
// object of cert-manager, and its cainjector, which fills caBundles.
func (c *checker) checkCallers() {
	for _, w := range c.Workloads {
		if w.Kind != "Deployment" || w.UID == "" || w.Ready > 0 {
			continue
		}
		switch {
		case runs(w, "cert-manager-webhook"):
			c.add(blocks, c.notAtWork(w, "ENV06", "the webhook of cert-manager", "the API server takes no object of cert-manager, neither from you nor from its controller"))
		case runs(w, "cert-manager-cainjector"):
			f := c.notAtWork(w, "ENV06", "the cainjector of cert-manager", "no caBundle is filled or renewed")
			f.Severity = finding.Warning
			c.add(aside, f)
		}
	}
	c.checkRefused()
}

// runs reports whether a workload has a container of an image of that name, whatever
// the registry.
func runs(w *chain.Workload, program string) bool {
	for i := range w.Containers {
		image, _, _ := strings.Cut(w.Containers[i].Image, "@")
		image, _, _ = strings.Cut(image[strings.LastIndexByte(image, '/')+1:], ":")
		if image == program {
			return true
		}
	}
	return false
}

// checkRefused finds the API server's complaints about the webhook: in the lists that
// it did not give, as it could not convert the objects, and in events. What it says of
// one object holds for all.
func (c *checker) checkRefused() {
	if c.hasBlocking("ENV06") {
		return // told of the webhook itself
	}
	for _, m := range c.Missing {
		if refused(m.Reason) {
			c.add(blocks, c.unreachable("API server, "+m.Resource, m.Reason))
			return
		}
	}
	const recent = time.Hour
	var last *chain.Event
	for _, e := range c.Events {
		if e.Type == "Warning" && chain.Age(c.Now, e.LastSeen) < recent && refused(e.Message) {
			last = e // they are in the order of time
		}
	}
	if last == nil || c.servedSince(last) {
		return
	}
	f := c.unreachable("event "+last.Reason, last.Message)
	f.Retry = "cert-manager tries again by itself, with growing pauses."
	c.add(blocks, f)
}

func (c *checker) unreachable(source, message string) finding.Finding {
	f := finding.Finding{
		ID: "ENV06", Severity: finding.Error, Object: c.certificateCRD(chain.Group),
		What:     "The API server cannot reach cert-manager's webhook, so it takes no object of cert-manager.",
		Evidence: quote(source, message),
		Fix:      []finding.Step{run("kubectl get pods,endpointslices -A -l app.kubernetes.io/name=webhook")},
		Docs:     "https://cert-manager.io/docs/troubleshooting/webhook/",
	}
	for _, why := range c.refusals() {
		if strings.Contains(strings.ToLower(message), why.text) {
			f.Cause, f.Fix = why.cause, why.fix
			break
		}
	}
	return f
}

// refused reports whether a message is about a call of cert-manager's webhook.
func refused(message string) bool {
	message = strings.ToLower(message)
	for _, name := range []string{chain.Group, chain.OldGroup} {
		if strings.Contains(message, `failed calling webhook "webhook.`+name) || strings.Contains(message, "conversion webhook for "+name) {
			return true
		}
	}
	return false
}

// servedSince reports whether cert-manager wrote an object after the event: it then
// went through the webhook.
func (c *checker) servedSince(e *chain.Event) bool {
	for _, r := range c.Requests {
		if r.Created.After(e.LastSeen) {
			return true
		}
	}
	return false
}

// hasBlocking reports whether a finding of an id was added that keeps certificates from
// being issued.
func (c *checker) hasBlocking(id string) bool {
	return slices.ContainsFunc(c.found, func(f found) bool { return f.ID == id && f.part == blocks })
}

type refusal struct {
	text, cause string
	fix         []finding.Step
}

// refusals are what the API server says, in lower case, and what it means.
func (c *checker) refusals() []refusal {
	pods := run("kubectl get pods -A -l app.kubernetes.io/name=webhook -o wide")
	return []refusal{
		{"x509", "The caBundle of the webhook is not that of its serving certificate: cainjector has not filled it.", append(c.cainjectorSteps(), inNamespace(c.cainjector().Namespace, "rollout", "restart", "deployment", c.cainjector().Name))},
		{"no endpoints available", "No pod of the webhook is ready.", []finding.Step{pods}},
		{"connection refused", "The webhook's pod does not listen yet, or another program has its port on the node.", []finding.Step{pods}},
		{`" not found`, "The Service of the webhook is not there: cert-manager is installed in a part only.", []finding.Step{run("kubectl get service -A -l app.kubernetes.io/name=webhook")}},
		{"deadline exceeded", timedOut, []finding.Step{pods, do("Let the control plane reach the webhook's pods: by default, TCP port 10250.")}},
		{"i/o timeout", timedOut, []finding.Step{pods, do("Let the control plane reach the webhook's pods: by default, TCP port 10250.")}},
	}
}

const timedOut = "The control plane does not get through to the webhook's pod: a firewall or a network policy is between them, as on private clusters."
