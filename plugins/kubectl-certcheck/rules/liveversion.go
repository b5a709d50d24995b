package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// liveVersions: LIVE06.
func (c *checker) liveVersions(d *liveDoor) {
	var views []liveView
	for _, s := range d.served {
		views = append(views, liveView{Served: s, Handshake: &served.Handshake{}})
	}
	type key struct {
		old  string
		only bool
	}
	for _, g := range liveGroups(views, func(v liveView) (key, bool) {
		old, only := liveOldVersions(v.Result.Versions)
		return key{strings.Join(old, " and "), only}, len(old) > 0
	}) {
		f := finding.Finding{
			ID: "LIVE06", Severity: finding.Warning, Object: d.Object,
			What:  fmt.Sprintf("%s %s.", g.subject("accepts"), g.key.old),
			Cause: "RFC 8996 rules these versions out, since they rest on MD5 and SHA-1. Clients of today use newer ones, but one in the middle may make them fall back.",
			Fix:   liveMinimum(d.Object),
		}
		if g.key.only {
			f.Severity = finding.Error
			f.What = fmt.Sprintf("%s %s only: browsers and most other clients of today do not connect.", g.subject("accepts"), g.key.old)
			f.Cause = "RFC 8996 rules these versions out; the server knows nothing newer, or is set up to."
		}
		c.add(aside, f)
	}
}

// liveOldVersions are the versions before 1.2 that are accepted, and whether for a name
// there are no others.
func liveOldVersions(all []served.VersionSupport) (old []string, only bool) {
	rejected := map[string]int{}
	oldOf := map[string]bool{}
	for _, v := range all {
		switch before := v.Version == "TLS 1.0" || v.Version == "TLS 1.1"; {
		case before && v.Accepted == material.Yes:
			oldOf[v.ServerName] = true
			if !slices.Contains(old, v.Version) {
				old = append(old, v.Version)
			}
		case !before && v.Accepted == material.No:
			rejected[v.ServerName]++
		}
	}
	for name := range oldOf {
		only = only || rejected[name] == 2
	}
	return old, only
}

// liveMinimum says where the lowest version is set.
func liveMinimum(door finding.Object) []finding.Step {
	switch {
	case liveIstio(door):
		return []finding.Step{do("Set tls.minProtocolVersion: TLSV1_2 in the servers of the Gateway.")}
	case door.Kind == "Ingress":
		return []finding.Step{do("Set the lowest version to TLS 1.2 in the controller; for ingress-nginx by ssl-protocols: TLSv1.2 TLSv1.3 in its ConfigMap.")}
	}
	return []finding.Step{do("Set the lowest version to TLS 1.2 in the server.")}
}
