package rules

import (
	"fmt"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// liveDelay is how long it takes from a Secret's renewal until pods have it: the
// kubelet syncs every minute, and caches as long.
const liveDelay = 5 * time.Minute

// liveLeaves: LIVE02.
func (c *checker) liveLeaves(d *liveDoor) {
	if liveAllSame(d) {
		c.liveRefutes(d.Object)
	}
	type key struct {
		leaf, wanted string
		relation     liveRelation
		address      bool
	}
	for _, g := range liveGroups(d.views, func(v liveView) (key, bool) {
		if v.relation <= liveSame || liveDefault(v) || liveStopgap(v.Chain) {
			return key{}, false
		}
		return key{v.Leaf().SHA256, v.wanted.SHA256, v.relation, v.Pod.Name == ""}, true
	}) {
		v, who := g.views[0], g.subject("serves")+g.forHosts()
		f := finding.Finding{
			ID: "LIVE02", Severity: finding.Error, Object: d.Object,
			Evidence: []finding.Evidence{
				{Source: "Secret " + v.from.String(), Text: liveText(v.wanted)},
				liveCertificate(v.Served.Endpoint, v.ServerName, v.Leaf()),
			},
		}
		switch {
		case v.relation == liveOlder && v.Pod.Name == "":
			c.liveOlderAddress(&f, who, v)
		case v.relation == liveOlder:
			c.liveNotReloaded(&f, who, v, g.pods())
		case v.relation == liveNewer:
			f.Severity = finding.Warning
			f.What = fmt.Sprintf("%s a newer certificate than Secret %s holds.", who, v.from)
			f.Cause = "The Secret was renewed while it was looked at, or put back to an earlier state, or something else serves a certificate of its own."
			f.Fix = []finding.Step{do("Check again. If it stays so, find out who wrote the Secret last:"), liveSecret(v.from)}
		default:
			c.liveForeign(&f, who, v)
		}
		c.add(aside, f)
		if v.relation == liveOlder {
			c.liveConfirms(f.Ref())
		}
	}
}

// liveNotReloaded is a pod that serves what the Secret held before.
func (c *checker) liveNotReloaded(f *finding.Finding, who string, v liveView, pods []chain.Name) {
	f.Severity = c.liveUrgency(v)
	f.What = fmt.Sprintf("%s the certificate from before the last renewal of Secret %s.", who, v.from)
	written := c.liveWritten(v.from, v.wanted)
	if since := c.Now.Sub(written); since >= 0 && since < liveDelay {
		f.Severity = finding.Info
		f.Retry = fmt.Sprintf("The Secret was renewed %s ago; pods have it within some minutes.", span(since))
		return
	}
	if p := c.livePod(v.Pod); p != nil && !p.Started.IsZero() && p.Started.Before(written) {
		f.Evidence = append(f.Evidence, finding.Evidence{Source: "status.startTime of pod " + v.Pod.String(), Text: p.Started.UTC().Format(time.RFC3339)})
	}
	f.Cause = c.liveWhyOld(f.Object, v)
	f.Fix = c.liveRestart(pods)
}

// liveOlderAddress is an address that serves what the Secret held before. Which pods
// are behind it is not known.
func (c *checker) liveOlderAddress(f *finding.Finding, who string, v liveView) {
	f.Severity = c.liveUrgency(v)
	f.What = fmt.Sprintf("%s the certificate from before the last renewal of Secret %s.", who, v.from)
	f.Cause = "The controller behind the address has not loaded the new one, or something in front of it keeps a copy of its own, as load balancers of clouds and CDNs do."
	f.Fix = []finding.Step{do("Look into the log of the controller for the name of the Secret, and restart it; renew the copy where there is one.")}
}

// liveUrgency is an error where clients reject what is served, or will soon:
// certificates are renewed with a third of their lifetime left, and of that half is gone.
func (c *checker) liveUrgency(v liveView) finding.Severity {
	if leaf := v.Leaf(); leaf.Left(c.Now) > leaf.Length()/6 && liveIdentity(v) == "" {
		return finding.Warning
	}
	return finding.Error
}

// liveForeign is a certificate that never was in the Secret.
func (c *checker) liveForeign(f *finding.Finding, who string, v liveView) {
	f.What = fmt.Sprintf("%s another certificate than that of Secret %s.", who, v.from)
	if holder := c.liveHolder(v.Leaf()); holder != "" {
		f.Cause = "It is the certificate of Secret " + holder + "."
		f.Fix = []finding.Step{do("Find out what takes it from there for the host: another Gateway or Ingress, or the default of the server.")}
		return
	}
	if v.Pod.Name != "" {
		f.Cause = "The server takes its certificate from another Secret or file, or another server with the same host comes first."
		f.Fix = []finding.Step{do("Look for other Gateways and Secrets with the same host, and for the serial number that is served among them.")}
		return
	}
	f.Severity = finding.Warning
	f.Cause = "Something in front ends TLS with a certificate of its own, as a CDN or a load balancer of a cloud does, or the address belongs to another door."
	f.Fix = []finding.Step{do("If that is meant to be so, the certificate to watch is the one in front; else find out whose address it is.")}
}

// liveHolder is the Secret that holds a certificate; empty if none is known to.
func (c *checker) liveHolder(leaf *material.Certificate) string {
	for _, o := range c.Secrets {
		if liveSHA(o.Leaf()) == leaf.SHA256 {
			return o.Namespace + "/" + o.Name
		}
	}
	return ""
}
