package rules

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// liveNames: LIVE04.
func (c *checker) liveNames(d *liveDoor) {
	for _, g := range liveGroups(d.views, func(v liveView) (part, bool) {
		return c.liveFollows(d.Object, v.Secrets), liveFails(v) && liveNamed(v)
	}) {
		c.add(g.key, finding.Finding{
			ID: "LIVE04", Severity: finding.Error, Object: d.Object,
			What:     fmt.Sprintf("%s off the TLS handshake%s, though not for other names.", g.subject("breaks"), g.forHosts()),
			Evidence: liveEvidence(g.views[0]),
			Cause:    "The server goes by the name that clients send (SNI) and has nothing for this one: its Secret could not be loaded, or the host is not set up there.",
			Fix:      c.liveLook(d, g.views[0]),
		})
	}
	type key struct {
		leaf string
		part part
	}
	for _, g := range liveGroups(d.views, func(v liveView) (key, bool) {
		return key{liveSHA(v.Leaf()), c.liveFollows(d.Object, v.Secrets)}, liveDefault(v)
	}) {
		v := g.views[0]
		c.add(g.key.part, finding.Finding{
			ID: "LIVE04", Severity: finding.Error, Object: d.Object,
			What: fmt.Sprintf("%s%s the default certificate, which is for %s.", g.subject("serves"), g.forHosts(), liveNamesOf(v.Leaf())),
			Evidence: []finding.Evidence{
				liveCertificate(v.Served.Endpoint, served.ServerName(v.Host), v.Leaf()),
				liveCertificate(v.Served.Endpoint, served.UnknownName, v.Leaf()),
			},
			Cause: "The server has no certificate for the name that clients send (SNI): the host is not set up there, or its Secret could not be loaded.",
			Fix:   c.liveLook(d, v),
		})
	}
}

// liveNamed reports whether a host's handshake is refused by an endpoint that serves
// others: it goes by the name.
func liveNamed(v liveView) bool {
	if v.Host == "" || v.Failure == nil || v.Chain != nil {
		return false
	}
	switch v.Failure.Kind {
	case served.Reset, served.Closed, served.Alert:
	default:
		return false
	}
	r := &v.Result
	for i := range r.Hosts {
		if r.Hosts[i].Chain != nil {
			return true
		}
	}
	return r.NoSNI != nil && r.NoSNI.Chain != nil || r.UnknownSNI != nil && r.UnknownSNI.Chain != nil
}

// liveDefault reports whether a host is served what any unknown name is, and that is
// not for the host. What tells by itself that it is a stopgap is LIVE08.
func liveDefault(v liveView) bool {
	leaf, unknown := v.Leaf(), v.Result.UnknownSNI
	if leaf == nil || unknown == nil || liveSHA(unknown.Leaf()) != leaf.SHA256 || v.relation == liveSame || v.relation == liveOlder || liveStopgap(v.Chain) {
		return false
	}
	return liveUncovered(leaf, v.Host)
}

// liveStopgap reports whether a chain is one that controllers serve for want of another.
func liveStopgap(chain *material.Chain) bool {
	origin := chain.Origin()
	return origin == material.IngressNginxFake || origin == material.TraefikDefault
}

// liveUncovered reports whether clients of a host reject a certificate for its names.
// Of a wildcard host it is not known which names below it clients ask for.
func liveUncovered(leaf *material.Certificate, host string) bool {
	if host == "" {
		return false
	}
	covers := leaf.Covers(host)
	return !covers.Covered && covers.Reason != material.WildcardHost && covers.Reason != material.AnyHost
}

func liveSHA(leaf *material.Certificate) string {
	if leaf == nil {
		return ""
	}
	return leaf.SHA256
}

func liveNamesOf(leaf *material.Certificate) string {
	var names []string
	names = append(names, leaf.DNS...)
	for _, ip := range leaf.IPs {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "no name"
	}
	return some(names)
}

// liveCertificate is what was served as evidence.
func liveCertificate(endpoint, name string, leaf *material.Certificate) finding.Evidence {
	source := "handshake with " + endpoint
	if name != "" {
		source += ", name " + name
	}
	return finding.Evidence{Source: source, Text: liveText(leaf)}
}

// liveText tells a certificate from others.
func liveText(leaf *material.Certificate) string {
	return fmt.Sprintf("serial %s, from %s until %s, by %s", leaf.Serial, day(leaf.NotBefore), day(leaf.NotAfter), leaf.Issuer.Text)
}
